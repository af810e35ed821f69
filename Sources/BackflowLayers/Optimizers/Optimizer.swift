public import BackflowKernels
internal import BackflowLinearAlgebra

/// A rule that moves parameters against their gradients, and the state that it keeps between steps.
///
/// A schedule is applied before each step:
/// `optimizer.learningRate = schedule.learningRate(at: optimizer.step)`.
///
/// Adam, AdamW, RMSProp and Adagrad keep squares of gradients in the precision of the parameters,
/// which cannot represent the squares of the largest and the smallest numbers:
///
/// - A finite gradient beyond 2⁶³ ≈ 9·10¹⁸ in `Float` (2⁵¹¹ ≈ 7·10¹⁵³ in `Double`) counts as one of
///   that size. A step depends on the ratio of gradients to the root of their squares, so its
///   length is that of the equations, and the state decays at the same rate; only how much larger a
///   gradient was is lost. Adagrad's sum ends at the largest number, after which its steps stop
///   getting shorter.
/// - ε counts as at least 2⁻⁶³ ≈ 10⁻¹⁹ (2⁻⁵¹¹ ≈ 10⁻¹⁵⁴): a gradient below that, whose square is 0
///   or has lost its digits, moves a parameter by less than the equations say, never by more.
/// - A gradient that is NaN or infinite makes its parameter and its state NaN. Clipping refuses
///   such a gradient, and `HealthMonitor` finds it.
public protocol Optimizer<Scalar>: Sendable {
  /// The element of the parameters.
  associatedtype Scalar: RealScalar

  /// The step length.
  ///
  /// - Precondition: It is 0 or positive and finite, also where it is set later.
  var learningRate: Double { get set }

  /// The number of steps taken.
  var step: Int { get }

  /// Moves every parameter of `model` one step against `gradients`, in place.
  ///
  /// - Precondition: The model is the one that the optimizer was made for.
  mutating func update<Model: Parameterized<Scalar>>(
    _ model: inout Model, along gradients: Model)

  /// The curvature of the loss beyond which the next steps diverge. The default is `nil`, for
  /// unknown.
  var curvatureLimit: CurvatureLimit<Scalar>? { get }

  /// Everything that is kept between steps, without the settings (learning rate, momentum, …). A
  /// run that is saved here and restored continues with the same bits.
  var state: OptimizerState<Scalar> { get }

  /// Continues from the state of another run of the same optimizer for the same model.
  ///
  /// - Throws: `OptimizerStateError` if the state does not belong to such a run or is not finite.
  ///   Nothing is changed then.
  mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerStateError)
}

// The checks of the settings that several optimizers have; `owner` is the optimizer's name.
extension Optimizer {
  /// Checks a learning rate. One that a schedule has reduced until it rounds to 0 is valid: the
  /// parameters do not move, as at 0.
  ///
  /// - Precondition: The learning rate is positive or 0 and finite.
  func checkRate(of owner: String) {
    SettingRange.fallingToZero.check(
      learningRate, "the learning rate", of: owner, in: Scalar.self)
  }

  /// The same for the initial learning rate, which must not round to 0.
  func checkInitialRate(of owner: String) {
    SettingRange.zeroOrPositive.check(
      learningRate, "the learning rate", of: owner, in: Scalar.self)
  }

  func checkDecay(_ weightDecay: Double, of owner: String) {
    SettingRange.zeroOrPositive.check(weightDecay, "the weight decay", of: owner, in: Scalar.self)
  }

  func checkEpsilon(_ epsilon: Double, of owner: String) {
    SettingRange.positive.check(epsilon, "ε", of: owner, in: Scalar.self)
  }
}
