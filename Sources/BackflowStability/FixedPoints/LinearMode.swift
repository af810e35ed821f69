internal import BackflowKernels
internal import BackflowLayers
public import BackflowLinearAlgebra
public import ComplexModule
public import RealModule

/// A mode of a map near a fixed point or a cycle: an eigenvalue λ of its Jacobian, with the
/// eigenvectors
///
///     J r = λ r,   lᴴ J = λ lᴴ
///
/// A displacement along r is multiplied by λ in every step, and lᴴ d is the share of a displacement
/// d in the mode. A pair of conjugate eigenvalues is one rotation.
public struct LinearMode: Sendable, Equatable, Codable {
  /// The real part of λ.
  public let real: Double
  /// The imaginary part of λ.
  public let imaginary: Double
  /// The distance from λ within which the eigenvalue of the true point is. If error disks of
  /// several eigenvalues are connected, each may be anywhere in their group, and the distance is
  /// that to the far side of the group.
  @ExtendedReal public private(set) var errorBound: Double
  /// The time scale −1/ln|λ|, in steps: the time in which the mode decays to 1/e. It is negative
  /// for a mode that grows, infinite for |λ| = 1, and 0 for λ = 0.
  @ExtendedReal public private(set) var timeScale: Double
  /// The time scale in milliseconds, if the duration of a step is known.
  public private(set) var timeScaleMilliseconds: ExtendedReal?
  /// The period 2π/|arg λ| of the rotation, in steps: infinite for λ ≥ 0, 2 for λ < 0.
  @ExtendedReal public private(set) var period: Double
  /// r, [S] pairs of a real and an imaginary part, with norm 1; `nil` if it was not asked for.
  public private(set) var rightVector: [[Double]]?
  /// l, [S] pairs of a real and an imaginary part, with norm 1; `nil` if it was not asked for.
  public private(set) var leftVector: [[Double]]?
  /// ‖Bᵀ l‖₂ with B = ∂F/∂x: how strongly the input drives the mode. `nil` if there is no input or
  /// no eigenvector.
  public private(set) var inputOverlap: Double?
  /// ‖W_out r‖₂: how strongly the read-out sees the mode. `nil` if there is no read-out or no
  /// eigenvector.
  public private(set) var readoutOverlap: Double?

  private enum CodingKeys: String, CodingKey {
    case real, imaginary, period
    case errorBound = "error_bound"
    case timeScale = "time_scale"
    case timeScaleMilliseconds = "time_scale_milliseconds"
    case rightVector = "right_vector"
    case leftVector = "left_vector"
    case inputOverlap = "input_overlap"
    case readoutOverlap = "readout_overlap"
  }

  /// The mode of an eigenvalue, without its eigenvectors.
  init(_ eigenvalue: Complex<Double>, errorBound: Double, millisecondsPerStep: Double?) {
    (real, imaginary) = (eigenvalue.real, eigenvalue.imaginary)
    self.errorBound = errorBound
    let decay = -1 / Double.log(eigenvalue.length)
    let time = eigenvalue.length == 1 ? .infinity : decay == 0 ? 0 : decay
    timeScale = time
    timeScaleMilliseconds = millisecondsPerStep.map { ExtendedReal(wrappedValue: time * $0) }
    period = imaginary == 0 && real >= 0 ? .infinity : 2 * .pi / abs(eigenvalue.phase)
  }

  /// λ
  public var eigenvalue: Complex<Double> { Complex(real, imaginary) }

  /// |λ|
  public var modulus: Double { eigenvalue.length }
}

/// What the eigenvectors of modes are compared with.
struct ModeContext {
  let settings: FixedPointSettings
  /// The elements of the state that are the output.
  let outputRange: Range<Int>
  /// The derivative of the step if it has an input.
  let derivative: LinearizedStep<Double>?
}

extension LinearMode {
  /// Returns the modes of a Jacobian in descending order of modulus, the leading ones with their
  /// eigenvectors, and where the eigenvalues of the true point are.
  ///
  /// - Parameters:
  ///   - jacobian: J, [S, S].
  ///   - error: The norm of the difference of J from the Jacobian at the true point.
  /// - Complexity: About 15·S³ flops, and those of `LeadingEigenvectors`.
  static func modes(
    of jacobian: Tensor<Double>, error: Double, _ context: ModeContext
  ) throws(LAPACKError) -> (modes: [LinearMode], locations: [EigenvalueBounds.Location]) {
    let bounds = try EigenvalueBounds(of: jacobian)
    let norm = jacobian.norm()
    let rounding = 8 * Double(jacobian.shape[0]) * Double.ulpOfOne
    let locations = bounds.locations(perturbedBy: rounding + (norm > 0 ? error / norm : 0))
    let order = Spectrum.descendingOrder(of: bounds.values)
    var modes = order.map {
      LinearMode(
        bounds.values[$0], errorBound: locations[$0].distance,
        millisecondsPerStep: context.settings.millisecondsPerStep)
    }
    let count = min(context.settings.modes, modes.count)
    if count > 0 {
      let vectors = try LeadingEigenvectors(
        of: jacobian, for: order.prefix(count).map { bounds.values[$0] })
      for mode in 0..<count {
        modes[mode].setVectors(
          right: vectors.right[mode], left: vectors.left[mode], context)
      }
    }
    return (modes, order.map { locations[$0] })
  }

  private mutating func setVectors(
    right: [Complex<Double>], left: [Complex<Double>], _ context: ModeContext
  ) {
    rightVector = right.map { [$0.real, $0.imaginary] }
    leftVector = left.map { [$0.real, $0.imaginary] }
    if let derivative = context.derivative {
      inputOverlap = derivative.multiplyTransposedInput(columns(left)).norm()
    }
    if let readout = context.settings.readout {
      readoutOverlap = matmul(readout, columns(right)[context.outputRange]).norm()
    }
  }

  /// The real and the imaginary part as columns, [S, 2].
  private func columns(_ vector: [Complex<Double>]) -> Tensor<Double> {
    Tensor(vector.flatMap { [$0.real, $0.imaginary] }, shape: [vector.count, 2])
  }
}

/// Whether nearby states approach a point or a cycle.
public enum PointStability: String, Sendable, Codable, CaseIterable {
  /// All eigenvalues are inside the unit circle, with all error disks.
  case stable
  /// An eigenvalue is outside the unit circle, with the whole group of connected error disks that
  /// has it.
  case unstable
  /// The errors do not decide, or it is not certain that there is a point.
  case undecided
}

extension PointStability {
  /// Judges a point of which it is certain that it exists by where its eigenvalues are.
  init(_ locations: [EigenvalueBounds.Location]) {
    self =
      if locations.contains(where: { $0.leastModulus > 1 }) {
        .unstable
      } else if locations.allSatisfy({ $0.largestModulus < 1 }) {
        .stable
      } else {
        .undecided
      }
  }
}
