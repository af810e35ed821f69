public import BackflowKernels
internal import BackflowLinearAlgebra

/// Adagrad (PyTorch `Adagrad`).
///
///     g ← g + weightDecay · p
///     s ← s + g²                            (s = initialSum before the first step)
///     p ← p − learningRate / (1 + (t − 1) · learningRateDecay) · g / (√s + ε)
///
/// Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
/// optimization", JMLR 12, 2011.
public struct Adagrad<Scalar: RealScalar>: Optimizer {
  /// The step length, which a schedule may change between steps.
  ///
  /// - Precondition: It is 0 or positive and finite.
  public var learningRate: Double { didSet { checkRate(of: "Adagrad") } }
  /// The rate at which the step length decreases by itself.
  public let learningRateDecay: Double
  /// ε > 0, which keeps the quotient finite.
  public let epsilon: Double
  /// The coefficient of the L2 penalty.
  ///
  /// - Precondition: It is 0 or positive and finite.
  public var weightDecay: Double { didSet { checkDecay(weightDecay, of: "Adagrad") } }
  /// t, the number of steps taken.
  public private(set) var step = 0
  private var sum: Accumulator<Scalar>

  /// An optimizer for `model`, which does not keep the parameters.
  ///
  /// - Precondition: No setting is negative, infinite or rounded to 0 in `Scalar`, and ε is not 0.
  public init<Model: Parameterized<Scalar>>(
    for model: Model, learningRate: Double = 1e-2, learningRateDecay: Double = 0,
    epsilon: Double = 1e-10, weightDecay: Double = 0, initialSum: Double = 0
  ) {
    self.learningRate = learningRate
    self.learningRateDecay = learningRateDecay
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    sum = Accumulator("sum", for: model, filledWith: initialSum)
    checkInitialRate(of: "Adagrad")
    checkEpsilon(epsilon, of: "Adagrad")
    checkDecay(weightDecay, of: "Adagrad")
    SettingRange.zeroOrPositive.check(
      learningRateDecay, "the decay of the learning rate", of: "Adagrad")
    SettingRange.zeroOrPositive.check(initialSum, "the initial sum", of: "Adagrad", in: Scalar.self)
  }

  /// One step of the equations above. O(parameters)
  ///
  /// - Precondition: The model is the one of `init`.
  public mutating func update<Model: Parameterized<Scalar>>(
    _ model: inout Model, along gradients: Model
  ) {
    let rate = learningRate / (1 + Double(step) * learningRateDecay)
    step += 1
    sum.visit(with: &model, gradients) { _, sum, gradient, parameter in
      VectorKernels.adagradUpdate(
        learningRate: rate, epsilon: epsilon, weightDecay: weightDecay, gradient: gradient.span,
        sum: sum.mutableSpan, parameter: parameter.mutableSpan)
    }
  }

  /// 2/η for P = √s + ε, where η is the learning rate of the next step; `nil` while s is zero.
  public var curvatureLimit: CurvatureLimit<Scalar>? {
    guard step > 0 else { return nil }
    return .heavyBall(
      rate: learningRate / (1 + Double(step) * learningRateDecay), momentum: 0,
      preconditioner: sum.tensors.map { $0.squareRoot() + Scalar(epsilon) }, penalty: weightDecay)
  }

  /// The number of steps, and s as `sum`.
  public var state: OptimizerState<Scalar> { OptimizerState(step: step, sum) }

  /// Continues from `state`.
  ///
  /// - Throws: `OptimizerStateError` if the state belongs to another optimizer or model or is not
  ///   finite. Nothing is changed then.
  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerStateError) {
    (step, sum.tensors) = try state.restored(over: self.state)
  }
}
