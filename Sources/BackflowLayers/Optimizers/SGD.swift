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
  /// The step length, which a schedule may change between steps. Stops at a negative or infinite one.
  public var learningRate: Double { didSet { checkRate(of: "SGD") } }
  /// The share of the last step that is kept. Stops at a negative or infinite one, and at 0 in
  /// Nesterov's form.
  public var momentum: Double { didSet { checkMomentum() } }
  /// Whether the gradient is looked at where the momentum leads.
  public let isNesterov: Bool
  /// The L2 penalty's coefficient. Stops at a negative or infinite one.
  public var weightDecay: Double { didSet { checkDecay(weightDecay, of: "SGD") } }
  /// The number of steps taken.
  public private(set) var step = 0
  private var velocity: Accumulator<Scalar>

  /// An optimizer for `model`, whose parameters it does not keep. Stops at a setting that is negative or
  /// infinite or vanishes when rounded to `Scalar`, and at Nesterov's form without momentum.
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

  /// One step of the equations above. Stops at another model than that of `init`. O(parameters)
  public mutating func update<Model: Parameterized<Scalar>>(
    _ model: inout Model, along gradients: Model
  ) {
    step += 1
    velocity.visit(beside: &model, gradients) { _, velocity, gradient, parameter in
      VectorKernels.sgdUpdate(
        learningRate: learningRate, momentum: momentum, isNesterov: isNesterov,
        weightDecay: weightDecay, gradient: gradient.span, velocity: velocity.mutableSpan,
        parameter: parameter.mutableSpan)
    }
  }

  /// The number of steps, and v as `momentum_buffer`.
  public var state: OptimizerState<Scalar> { OptimizerState(step: step, velocity) }

  /// Takes `state` over. Throws `OptimizerStateError` if it is of another optimizer or model or is not
  /// finite; nothing is then changed.
  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerStateError) {
    (step, velocity.tensors) = try state.restored(over: self.state)
  }
}
