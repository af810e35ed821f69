public import BackflowKernels
internal import BackflowLinearAlgebra

/// Stochastic gradient descent with momentum (PyTorch `SGD`, no dampening).
///
///     g ← g + weightDecay · p
///     v ← momentum · v + g        (v = 0 before the first step)
///     p ← p − learningRate · v
///
/// Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
public struct SGD<Scalar: RealScalar>: Optimizer {
  /// The step length, which a schedule may change between steps.
  public var learningRate: Double
  /// The share of the last step that is kept.
  public var momentum: Double
  /// The L2 penalty's coefficient.
  public var weightDecay: Double
  private var velocity: [Tensor<Scalar>]

  /// An optimiser for `model`, whose parameters it does not keep.
  public init<Model: Parameterized<Scalar>>(
    for model: Model, learningRate: Double, momentum: Double = 0, weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    velocity = model.namedParameters.map { .zeros($0.value.shape) }
  }

  /// One step of the equations above. O(parameters)
  public mutating func update<Model: Parameterized<Scalar>>(
    _ model: inout Model, along gradients: Model
  ) {
    var index = 0
    model.visitParameters(beside: gradients) { name, parameter, gradient in
      requireState(velocity, index, name, parameter, "SGD")
      VectorKernels.sgdUpdate(
        learningRate: learningRate, momentum: momentum, weightDecay: weightDecay,
        gradient: gradient.span, velocity: velocity[index].mutableSpan,
        parameter: parameter.mutableSpan)
      index += 1
    }
  }
}
