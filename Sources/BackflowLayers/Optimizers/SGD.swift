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
  public var learningRate: Double
  /// The share of the last step that is kept.
  public var momentum: Double
  /// Whether the gradient is looked at where the momentum leads.
  public let isNesterov: Bool
  /// The L2 penalty's coefficient.
  public var weightDecay: Double
  /// The number of steps taken.
  public private(set) var step = 0
  private var velocity: Accumulator<Scalar>

  /// An optimiser for `model`, whose parameters it does not keep. Stops at a negative setting, and at
  /// Nesterov's form without momentum.
  public init<Model: Parameterized<Scalar>>(
    for model: Model, learningRate: Double, momentum: Double = 0, nesterov: Bool = false,
    weightDecay: Double = 0
  ) {
    require(
      learningRate >= 0 && momentum >= 0 && weightDecay >= 0 && (momentum > 0 || !nesterov),
      "SGD: no setting may be negative, and Nesterov's form needs a momentum: learning rate"
        + " \(learningRate), momentum \(momentum), weight decay \(weightDecay)")
    self.learningRate = learningRate
    self.momentum = momentum
    isNesterov = nesterov
    self.weightDecay = weightDecay
    velocity = Accumulator("momentum_buffer", for: model)
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

  /// Takes `state` over. Throws `OptimizerStateError` if it is of another optimiser or model; nothing is
  /// then changed.
  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerStateError) {
    (step, velocity.tensors) = try state.restored(over: self.state)
  }
}
