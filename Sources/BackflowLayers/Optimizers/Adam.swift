public import BackflowKernels
internal import BackflowLinearAlgebra

/// Adam (PyTorch `Adam`, without AMSGrad or weight decay).
///
///     m ← β₁ m + (1 − β₁) g        m̂ = m / (1 − β₁ᵗ)
///     v ← β₂ v + (1 − β₂) g²       v̂ = v / (1 − β₂ᵗ)
///     p ← p − learningRate · m̂ / (√v̂ + ε)
///
/// Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015.
public struct Adam<Scalar: RealScalar>: Optimizer {
  /// The step length, which a schedule may change between steps.
  public var learningRate: Double
  /// β₁, the memory of the mean gradient.
  public let beta1: Double
  /// β₂, the memory of the mean squared gradient.
  public let beta2: Double
  /// ε, which keeps the quotient finite.
  public let epsilon: Double
  /// t, the number of steps taken.
  public private(set) var step = 0
  private var firstMoment: [Tensor<Scalar>]
  private var secondMoment: [Tensor<Scalar>]

  /// An optimiser for `model`, whose parameters it does not keep.
  public init<Model: Parameterized<Scalar>>(
    for model: Model, learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    firstMoment = model.namedParameters.map { .zeros($0.value.shape) }
    secondMoment = firstMoment
  }

  /// One step of the equations above. O(parameters)
  public mutating func update<Model: Parameterized<Scalar>>(
    _ model: inout Model, along gradients: Model
  ) {
    step += 1
    let constants = VectorKernels.AdamStep(
      learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, step: step)
    var index = 0
    model.visitParameters(beside: gradients) { name, parameter, gradient in
      requireState(firstMoment, index, name, parameter, "Adam")
      VectorKernels.adamUpdate(
        constants, gradient: gradient.span, firstMoment: firstMoment[index].mutableSpan,
        secondMoment: secondMoment[index].mutableSpan, parameter: parameter.mutableSpan)
      index += 1
    }
  }
}
