public import BackflowKernels
internal import BackflowLinearAlgebra

/// Adam with decoupled weight decay (PyTorch `AdamW`, without AMSGrad).
///
///     p ← p − learningRate · weightDecay · p
///     then Adam's step without weight decay
///
/// In Adam the L2 penalty is divided by √v̂ like the gradient, so parameters with large gradients
/// decay least; here all decay alike. Loshchilov and Hutter, "Decoupled weight decay
/// regularization", ICLR 2019.
public struct AdamW<Scalar: RealScalar>: Optimizer {
  private var adam: Adam<Scalar>

  /// The step length, which a schedule may change between steps.
  ///
  /// - Precondition: It is 0 or positive and finite.
  public var learningRate: Double {
    get { adam.learningRate }
    set { adam.learningRate = newValue }
  }
  /// The number of steps taken.
  public var step: Int { adam.step }
  /// The share of each parameter that a step of length 1 would remove.
  ///
  /// - Precondition: It is 0 or positive and finite.
  public var weightDecay: Double {
    get { adam.weightDecay }
    set { adam.weightDecay = newValue }
  }
  /// β₁, the decay rate of the mean gradient.
  public var beta1: Double { adam.beta1 }
  /// β₂, the decay rate of the mean squared gradient.
  public var beta2: Double { adam.beta2 }
  /// ε > 0, which keeps the quotient finite.
  public var epsilon: Double { adam.epsilon }

  /// An optimizer for `model`, which does not keep the parameters.
  ///
  /// - Precondition: No setting is negative, infinite or rounded to 0 in `Scalar`; ε is not 0; β₁
  ///   and β₂ are in 0..<1 and not rounded to 1.
  public init<Model: Parameterized<Scalar>>(
    for model: Model, learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8, weightDecay: Double = 1e-2
  ) {
    adam = Adam(
      for: model, learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
      weightDecay: weightDecay, isDecoupled: true)
  }

  /// One step of the equations above. O(parameters)
  ///
  /// - Precondition: The model is the one of `init`.
  public mutating func update<Model: Parameterized<Scalar>>(
    _ model: inout Model, along gradients: Model
  ) { adam.update(&model, along: gradients) }

  /// Adam's, where the weight decay lowers the limit.
  public var curvatureLimit: CurvatureLimit<Scalar>? { adam.curvatureLimit }

  /// The number of steps, and Adam's m as `exp_avg` and v as `exp_avg_sq`.
  public var state: OptimizerState<Scalar> { adam.state }

  /// Continues from `state`.
  ///
  /// - Throws: `OptimizerStateError` if the state belongs to another optimizer or model or is not
  ///   finite. Nothing is changed then.
  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerStateError) {
    try adam.restore(state)
  }
}
