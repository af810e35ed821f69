public import BackflowKernels
internal import BackflowLinearAlgebra

/// Stochastic gradient descent with momentum (PyTorch `SGD`, no dampening).
///
///     g ← g + weightDecay · p
///     v ← momentum · v + g                     (v = 0 before the first step)
///     p ← p − learningRate · v                 or, in Nesterov's form,
///     p ← p − learningRate · (g + momentum · v)
///
/// Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; Sutskever et
/// al., "On the importance of initialization and momentum in deep learning", ICML 2013.
public struct SGD<Scalar: RealScalar>: Optimizer {
  /// The step length, which a schedule may change between steps.
  ///
  /// - Precondition: It is 0 or positive and finite.
  public var learningRate: Double { didSet { checkRate(of: "SGD") } }
  /// The share of the previous step that is kept.
  ///
  /// - Precondition: It is 0 or positive and finite, and positive in Nesterov's form.
  public var momentum: Double { didSet { checkMomentum() } }
  /// Whether the gradient is taken at the point to which the momentum leads.
  public let isNesterov: Bool
  /// The coefficient of the L2 penalty.
  ///
  /// - Precondition: It is 0 or positive and finite.
  public var weightDecay: Double { didSet { checkDecay(weightDecay, of: "SGD") } }
  /// The number of steps taken.
  public private(set) var step = 0
  private var velocity: Accumulator<Scalar>

  /// An optimizer for `model`, which does not keep the parameters.
  ///
  /// - Precondition: No setting is negative, infinite or rounded to 0 in `Scalar`; Nesterov's form
  ///   has a momentum.
  public init<Model: Parameterized<Scalar>>(
    for model: Model, learningRate: Double, momentum: Double = 0, nesterov: Bool = false,
    weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    isNesterov = nesterov
    self.weightDecay = weightDecay
    velocity = Accumulator("momentum_buffer", for: model)
    checkInitialRate(of: "SGD")
    checkMomentum()
    checkDecay(weightDecay, of: "SGD")
  }

  private func checkMomentum() {
    SettingRange.zeroOrPositive.check(momentum, "the momentum", of: "SGD", in: Scalar.self)
    require(momentum > 0 || !isNesterov, "SGD: Nesterov's form needs a momentum, it is \(momentum)")
  }

  /// One step of the equations above. O(parameters)
  ///
  /// - Precondition: The model is the one of `init`.
  public mutating func update<Model: Parameterized<Scalar>>(
    _ model: inout Model, along gradients: Model
  ) {
    step += 1
    velocity.visit(with: &model, gradients) { _, velocity, gradient, parameter in
      VectorKernels.sgdUpdate(
        learningRate: learningRate, momentum: momentum, isNesterov: isNesterov,
        weightDecay: weightDecay, gradient: gradient.span, velocity: velocity.mutableSpan,
        parameter: parameter.mutableSpan)
    }
  }

  /// 2(1 + β)/η, or 2(1 + β)/((1 + 2β) η) in Nesterov's form, where η is the learning rate and β
  /// the momentum.
  ///
  /// On an eigenvector with eigenvalue h, Nesterov's form multiplies (p, v) by a matrix of
  /// determinant β(1 − ηh) and trace 1 + β − (1 + β)ηh. The eigenvalue that leaves the unit circle
  /// first is −1, where 1 + trace + determinant = 0.
  public var curvatureLimit: CurvatureLimit<Scalar>? {
    guard isNesterov else {
      return .heavyBall(rate: learningRate, momentum: momentum, penalty: weightDecay)
    }
    let numerator = momentum < 1 ? 2 * (1 + momentum) / (1 + 2 * momentum) : 0
    return CurvatureLimit(
      CurvatureLimit<Scalar>.quotient(numerator, learningRate), "2(1 + β)/((1 + 2β)η)",
      penalty: weightDecay)
  }

  /// The number of steps, and v as `momentum_buffer`.
  public var state: OptimizerState<Scalar> { OptimizerState(step: step, velocity) }

  /// Continues from `state`.
  ///
  /// - Throws: `OptimizerStateError` if the state belongs to another optimizer or model or is not
  ///   finite. Nothing is changed then.
  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerStateError) {
    (step, velocity.tensors) = try state.restored(over: self.state)
  }
}
