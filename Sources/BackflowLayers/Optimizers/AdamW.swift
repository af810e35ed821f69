public import BackflowKernels
internal import BackflowLinearAlgebra

/// Adam with weight decay beside the gradient instead of in it (PyTorch `AdamW`, without AMSGrad).
///
///     p ← p − learningRate · weightDecay · p
///     then Adam's step without weight decay
///
/// In Adam the L2 penalty is divided by √v̂ like the gradient, so parameters with large gradients
/// decay least; here all decay alike. Loshchilov and Hutter, "Decoupled weight decay
/// regularization", ICLR 2019.
public struct AdamW<Scalar: RealScalar>: Optimizer {
  private var adam: Adam<Scalar>

  /// The step length, which a schedule may change between steps. Stops at a negative or infinite one.
  public var learningRate: Double {
    get { adam.learningRate }
    set { adam.learningRate = newValue }
  }
  /// The number of steps taken.
  public var step: Int { adam.step }
  /// The share of each parameter that a step of length 1 would remove. Stops at a negative or infinite
  /// one.
  public var weightDecay: Double {
    get { adam.weightDecay }
    set { adam.weightDecay = newValue }
  }
  /// β₁, the memory of the mean gradient.
  public var beta1: Double { adam.beta1 }
  /// β₂, the memory of the mean squared gradient.
  public var beta2: Double { adam.beta2 }
  /// ε > 0, which keeps the quotient finite.
  public var epsilon: Double { adam.epsilon }

  /// An optimizer for `model`, whose parameters it does not keep. Stops at a setting that is negative or
  /// infinite or vanishes when rounded to `Scalar`, at ε = 0, and at a β outside 0..<1 or rounded to 1.
  public init<Model: Parameterized<Scalar>>(
    for model: Model, learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8, weightDecay: Double = 1e-2
  ) {
    adam = Adam(
      for: model, learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
      weightDecay: weightDecay, isDecoupled: true)
  }

  /// One step of the equations above. Stops at another model than that of `init`. O(parameters)
  public mutating func update<Model: Parameterized<Scalar>>(
    _ model: inout Model, along gradients: Model
  ) { adam.update(&model, along: gradients) }

  /// The number of steps, and Adam's m as `exp_avg` and v as `exp_avg_sq`.
  public var state: OptimizerState<Scalar> { adam.state }

  /// Takes `state` over. Throws `OptimizerStateError` if it is of another optimizer or model or is not
  /// finite; nothing is then changed.
  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerStateError) {
    try adam.restore(state)
  }
}
