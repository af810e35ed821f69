internal import BackflowKernels
internal import BackflowLayers
public import BackflowLinearAlgebra
internal import RealModule

/// The result of a search for the scale of W_hh at which λ_1 has a wanted value.
public struct ExponentScaling: Sendable, Equatable, Codable {
  /// The wanted λ_1, in nats per step.
  public let wanted: Double
  /// The factor by which W_hh was multiplied.
  public let scale: Double
  /// λ_1 of the scaled cell, in nats per step.
  public let exponent: Double
  /// The standard error of `exponent`, which limits what the search resolves; 0 if there are too
  /// few steps to estimate it.
  public let standardError: Double
  /// The number of measurements of λ_1.
  public let measurements: Int

  private enum CodingKeys: String, CodingKey {
    case wanted, scale, exponent, measurements
    case standardError = "standard_error"
  }
}

extension ExponentScaling: CustomStringConvertible {
  /// The scale, and λ_1 with its standard error.
  public var description: String {
    "W_hh × \(figure(scale)): λ₁ \(figure(exponent)) ± \(figure(standardError)) nats per step"
      + " (wanted \(figure(wanted)), \(measurements) measurements)"
  }
}

extension CellRecurrence {
  /// Returns the cell with W_hh multiplied by the factor at which λ_1 along this recurrence has a
  /// wanted value.
  ///
  /// λ_1 is measured with `LyapunovSpectrum` along the trajectory of each scaled cell, always with
  /// the same random basis. The factor is searched by bracketing, the secant method, and bisection
  /// until λ_1 differs from the wanted value by less than half its standard error. λ_1 need not
  /// increase with the scale, and then one of the solutions is found. A state that overflows counts
  /// as λ_1 = ∞.
  ///
  /// - Parameters:
  ///   - exponent: The wanted λ_1, in nats per step.
  ///   - gates: The gates to scale by the common factor, or `nil` for all of them.
  ///   - steps: The number of steps, or `nil` for all steps of the input.
  ///   - discarded: The number of steps before them, in which the state approaches its attractor.
  ///   - scales: The factors to try, which include 1.
  ///   - random: The source of the basis.
  /// - Returns: The changed cell, and the measured λ_1.
  /// - Precondition: The bounds of `scales` are positive and finite, and 1 is between them.
  /// - Throws: `CureError` if no factor in `scales` gives the wanted value, with the measured
  ///   range, if λ_1 jumps across it, or if a parameter is not finite.
  /// - Complexity: That of λ_1 for each measurement; 5 to 30 measurements.
  public func scalingRecurrentWeight(
    toExponent exponent: Double, gates: [Int]? = nil, steps: Int? = nil,
    discarding discarded: Int = 0, scales: ClosedRange<Double> = 1.0 / 1024...1024,
    using random: inout RandomSource
  ) throws(CureError) -> (cell: Cell, scaling: ExponentScaling) {
    require(
      scales.lowerBound > 0 && scales.upperBound.isFinite && scales.contains(1),
      "scalingRecurrentWeight: the scales \(scales) must be positive and finite and include 1")
    guard exponent.isFinite else { throw .wantedNotFinite(quantity: "λ₁", exponent) }
    try check(steps: steps, discarding: discarded)
    let source = random
    let search = BracketedSearch(
      quantity: "λ₁", wanted: exponent,
      range: Double.log(scales.lowerBound)...Double.log(scales.upperBound), step: Double.log(2))
    let (point, measurements) = try search.solve(from: 0) { (logScale) throws(CureError) in
      random = source
      let scaled = try cell.scalingRecurrentWeight(by: .exp(logScale), gates: gates)
      return try replacing(scaled).largestExponent(steps, discarded, using: &random)
        ?? (.infinity, 0)
    }
    let scale = Double.exp(point.argument)
    return (
      try cell.scalingRecurrentWeight(by: scale, gates: gates),
      ExponentScaling(
        wanted: exponent, scale: scale, exponent: point.value, standardError: point.error,
        measurements: measurements)
    )
  }

  /// Throws unless the parameters, the input and the initial state are finite and there are steps,
  /// so that a state can only fail to be finite by overflow.
  func check(steps: Int?, discarding discarded: Int) throws(CureError) {
    try cell.checkFinite()
    guard initialState.isFinite else { throw .notFinite("the initial state") }
    guard let count = steps ?? stepLimit.map({ $0 - discarded }) else {
      throw .stability(.noTrajectory("a recurrence without input needs a number of steps"))
    }
    guard discarded >= 0 else { throw .stability(.negativeSteps(discarded)) }
    guard count > 0, stepLimit.map({ discarded + count <= $0 }) ?? true else {
      throw .stability(
        .noTrajectory("there are not \(count) steps of input after \(discarded) discarded"))
    }
    guard inputs(0..<(stepLimit ?? 1), batch: 1).isFinite else {
      throw .notFinite("the input")
    }
  }

  /// Returns λ_1 and its standard error, or `nil` if a state overflows. `check` is called first.
  func largestExponent(
    _ steps: Int?, _ discarded: Int, using random: inout RandomSource
  ) throws(CureError) -> (value: Double, error: Double)? {
    guard let trajectory = try? Trajectory(of: self, steps: steps, discarding: discarded) else {
      return nil
    }
    do {
      let spectrum = try LyapunovSpectrum(along: trajectory, count: 1, using: &random)
      return (spectrum.largest, spectrum.standardErrors[0])
    } catch {
      throw .stability(error)
    }
  }
}
