internal import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// The figures of a recurrent cell before and after a change, along the same input from the same
/// initial state.
public struct CureComparison: Sendable, Equatable, Codable {
  /// The figures before the change.
  public let before: Figures
  /// The figures after the change.
  public let after: Figures

  /// The figures of one cell.
  public struct Figures: Sendable, Equatable, Codable {
    /// ρ(U_k), the spectral radius of the recurrent weight of each gate.
    public let spectralRadii: [Double]
    /// σ_max(U_k), the largest singular value of the recurrent weight of each gate.
    public let largestSingularValues: [Double]
    /// What is measured along the trajectory, or `nil` if a state overflows.
    public let trajectory: TrajectoryFigures?

    private enum CodingKeys: String, CodingKey {
      case trajectory
      case spectralRadii = "spectral_radii"
      case largestSingularValues = "largest_singular_values"
    }
  }

  /// The figures along a trajectory.
  public struct TrajectoryFigures: Sendable, Equatable, Codable {
    /// λ_1, in nats per step.
    @ExtendedReal public private(set) var exponent: Double
    /// The standard error of λ_1.
    @ExtendedReal public private(set) var standardError: Double
    /// The factor of the horizon.
    public let factor: Double
    /// The number of steps after which a gradient has lost the factor, or `nil` if it has not after
    /// `followedSteps` steps; see `GradientHorizon`.
    public let horizon: Int?
    /// The number of steps over which a gradient was followed.
    public let followedSteps: Int
    /// ln(factor)/λ_1, or ∞.
    @ExtendedReal public private(set) var predictedHorizon: Double

    private enum CodingKeys: String, CodingKey {
      case exponent, factor, horizon
      case standardError = "standard_error"
      case followedSteps = "followed_steps"
      case predictedHorizon = "predicted_horizon"
    }
  }

  /// Measures a cell before and after a change, with the same random vectors.
  ///
  /// - Parameters:
  ///   - recurrence: The cell before the change, with its input and its initial state.
  ///   - changed: The cell after the change.
  ///   - steps: The number of steps, or `nil` for all steps of the input.
  ///   - discarded: The number of steps before them.
  ///   - factor: The factor of the horizon, in 0 ..< 1.
  ///   - random: The source of the random vectors.
  /// - Precondition: The cells have the same sizes, and the factor is in 0 ..< 1.
  /// - Throws: `CureError` if there are no steps, or a parameter or the input is not finite.
  /// - Complexity: That of the spectrum of each gate, λ_1 and the gradient horizon, twice.
  public init<Cell: RecurrentCell<Double>>(
    of recurrence: CellRecurrence<Cell>, with changed: Cell, steps: Int? = nil,
    discarding discarded: Int = 0, factor: Double = 1e-6, using random: inout RandomSource
  ) throws(CureError) {
    let source = random
    before = try Figures(recurrence, steps, discarded, factor, using: &random)
    random = source
    after = try Figures(recurrence.replacing(changed), steps, discarded, factor, using: &random)
  }
}

extension CureComparison.Figures {
  init<Cell: RecurrentCell<Double>>(
    _ recurrence: CellRecurrence<Cell>, _ steps: Int?, _ discarded: Int, _ factor: Double,
    using random: inout RandomSource
  ) throws(CureError) {
    try recurrence.check(steps: steps, discarding: discarded)
    var spectra: [Spectrum] = []
    for gate in 0..<Cell.layout.gates {
      spectra.append(try recurrentSpectrum(of: recurrence.cell.weights.recurrent(gate: gate)))
    }
    spectralRadii = spectra.map(\.spectralRadius)
    largestSingularValues = spectra.map(\.largestSingularValue)
    // After the check, only an overflow is left.
    if let trajectory = try? Trajectory(of: recurrence, steps: steps, discarding: discarded) {
      self.trajectory = try CureComparison.TrajectoryFigures(
        trajectory, factor: factor, using: &random)
    } else {
      trajectory = nil
    }
  }
}

extension CureComparison.TrajectoryFigures {
  init<R: Recurrence>(
    _ trajectory: Trajectory<R>, factor: Double, using random: inout RandomSource
  ) throws(CureError) {
    let spectrum: LyapunovSpectrum
    do {
      spectrum = try LyapunovSpectrum(along: trajectory, count: 1, using: &random)
    } catch {
      throw .stability(error)
    }
    let horizon = GradientHorizon(
      along: trajectory, factor: factor, rate: spectrum.largest, using: &random)
    self.factor = factor
    (self.horizon, followedSteps) = (horizon.steps, horizon.followedSteps)
    exponent = spectrum.largest
    standardError = spectrum.standardErrors[0]
    predictedHorizon = horizon.predictedSteps
  }
}

extension CureComparison: CustomStringConvertible {
  /// The figures before and after, such as "ρ 0.64 → 0.9; σ_max 0.71 → 1; λ₁ -0.44 → -0.10 nats a
  /// step; horizon 31 → 137 steps".
  public var description: String {
    let figures: [(String, (Figures) -> String)] = [
      ("ρ", { list($0.spectralRadii) }), ("σ_max", { list($0.largestSingularValues) }),
      ("λ₁", { $0.trajectory.map { short($0.exponent) } ?? "undefined (a state overflows)" }),
      ("horizon", { $0.trajectory?.horizonText ?? "undefined" }),
    ]
    let units = ["", "", " nats per step", " steps"]
    return zip(figures, units).map { figure, unit in
      "\(figure.0) \(figure.1(before)) → \(figure.1(after))\(unit)"
    }.joined(separator: "; ")
  }
}

extension CureComparison.TrajectoryFigures {
  fileprivate var horizonText: String { horizon.map { "\($0)" } ?? "> \(followedSteps)" }
}

/// The figures of the gates.
private func list(_ values: [Double]) -> String {
  values.count == 1 ? short(values[0]) : "(" + values.map(short).joined(separator: ", ") + ")"
}

/// Three significant digits.
private func short(_ value: Double) -> String {
  figure(value, significantDigits: 3)
}
