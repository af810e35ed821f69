public import BackflowKernels
internal import BackflowLinearAlgebra

/// RMSProp (PyTorch `RMSprop`, not centered).
///
///     g ← g + weightDecay · p
///     s ← α s + (1 − α) g²                  (s = 0 before the first step)
///     v ← momentum · v + g / (√s + ε)
///     p ← p − learningRate · v
///
/// Hinton, "Neural networks for machine learning", lecture 6e, 2012.
public struct RMSProp<Scalar: RealScalar>: Optimizer {
  /// The step length, which a schedule may change between steps.
  ///
  /// - Precondition: It is 0 or positive and finite.
  public var learningRate: Double { didSet { checkRate(of: "RMSProp") } }
  /// α, the decay rate of the mean squared gradient.
  public let alpha: Double
  /// ε > 0, which keeps the quotient finite.
  public let epsilon: Double
  /// The share of the previous step that is kept.
  ///
  /// - Precondition: It is 0 or positive and finite.
  public var momentum: Double { didSet { checkMomentum() } }
  /// The coefficient of the L2 penalty.
  ///
  /// - Precondition: It is 0 or positive and finite.
  public var weightDecay: Double { didSet { checkDecay(weightDecay, of: "RMSProp") } }
  /// The number of steps taken.
  public private(set) var step = 0
  private var meanSquare: Accumulator<Scalar>
  private var velocity: Accumulator<Scalar>

  /// An optimizer for `model`, which does not keep the parameters.
  ///
  /// - Precondition: No setting is negative, infinite or rounded to 0 in `Scalar`; ε is not 0; α is
  ///   in 0...1 and not rounded to 1.
  public init<Model: Parameterized<Scalar>>(
    for model: Model, learningRate: Double = 1e-2, alpha: Double = 0.99, epsilon: Double = 1e-8,
    momentum: Double = 0, weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.alpha = alpha
    self.epsilon = epsilon
    self.momentum = momentum
    self.weightDecay = weightDecay
    meanSquare = Accumulator("square_avg", for: model)
    velocity = Accumulator("momentum_buffer", for: model)
    checkInitialRate(of: "RMSProp")
    SettingRange.share.check(alpha, "α", of: "RMSProp", in: Scalar.self)
    checkEpsilon(epsilon, of: "RMSProp")
    checkMomentum()
    checkDecay(weightDecay, of: "RMSProp")
  }

  private func checkMomentum() {
    SettingRange.zeroOrPositive.check(momentum, "the momentum", of: "RMSProp", in: Scalar.self)
  }

  /// One step of the equations above. O(parameters)
  ///
  /// - Precondition: The model is the one of `init`.
  public mutating func update<Model: Parameterized<Scalar>>(
    _ model: inout Model, along gradients: Model
  ) {
    step += 1
    let constants = VectorKernels.RMSPropStep(
      learningRate: learningRate, alpha: alpha, epsilon: epsilon, momentum: momentum,
      weightDecay: weightDecay)
    velocity.visit(with: &model, gradients) { index, velocity, gradient, parameter in
      VectorKernels.rmspropUpdate(
        constants, gradient: gradient.span, meanSquare: meanSquare.tensors[index].mutableSpan,
        velocity: velocity.mutableSpan, parameter: parameter.mutableSpan)
    }
  }

  /// 2(1 + β)/η for P = √s + ε, where η is the learning rate and β the momentum; `nil` before the
  /// first step.
  public var curvatureLimit: CurvatureLimit<Scalar>? {
    guard step > 0 else { return nil }
    return .heavyBall(
      rate: learningRate, momentum: momentum,
      preconditioner: meanSquare.tensors.map { $0.squareRoot() + Scalar(epsilon) },
      penalty: weightDecay)
  }

  /// The number of steps, s as `square_avg` and v as `momentum_buffer`.
  public var state: OptimizerState<Scalar> { OptimizerState(step: step, meanSquare, velocity) }

  /// Continues from `state`.
  ///
  /// - Throws: `OptimizerStateError` if the state belongs to another optimizer or model or is not
  ///   finite. Nothing is changed then.
  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerStateError) {
    let (step, tensors) = try state.restored(over: self.state)
    self.step = step
    meanSquare.tensors = Array(tensors.prefix(tensors.count / 2))
    velocity.tensors = Array(tensors.suffix(tensors.count / 2))
  }
}
