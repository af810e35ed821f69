public import BackflowKernels
internal import BackflowLinearAlgebra
internal import RealModule

/// Adam (PyTorch `Adam`, without AMSGrad).
///
///     g ← g + weightDecay · p
///     m ← β₁ m + (1 − β₁) g        m̂ = m / (1 − β₁ᵗ)
///     v ← β₂ v + (1 − β₂) g²       v̂ = v / (1 − β₂ᵗ)
///     p ← p − learningRate · m̂ / (√v̂ + ε)
///
/// Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015. For weight decay see
/// also `AdamW`.
public struct Adam<Scalar: RealScalar>: Optimizer {
  /// The step length, which a schedule may change between steps.
  ///
  /// - Precondition: It is 0 or positive and finite.
  public var learningRate: Double { didSet { checkRate(of: name) } }
  /// β₁, the decay rate of the mean gradient.
  public let beta1: Double
  /// β₂, the decay rate of the mean squared gradient.
  public let beta2: Double
  /// ε > 0, which keeps the quotient finite.
  public let epsilon: Double
  /// The coefficient of the L2 penalty.
  ///
  /// - Precondition: It is 0 or positive and finite.
  public var weightDecay: Double { didSet { checkDecay(weightDecay, of: name) } }
  /// t, the number of steps taken.
  public private(set) var step = 0
  private let isDecoupled: Bool
  private var firstMoment: Accumulator<Scalar>
  private var secondMoment: Accumulator<Scalar>

  /// An optimizer for `model`, which does not keep the parameters.
  ///
  /// - Precondition: No setting is negative, infinite or rounded to 0 in `Scalar`; ε is not 0; β₁
  ///   and β₂ are in 0..<1 and not rounded to 1.
  public init<Model: Parameterized<Scalar>>(
    for model: Model, learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8, weightDecay: Double = 0
  ) {
    self.init(
      for: model, learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
      weightDecay: weightDecay, isDecoupled: false)
  }

  /// An optimizer whose weight decay bypasses the moments if `isDecoupled`, as in AdamW.
  init<Model: Parameterized<Scalar>>(
    for model: Model, learningRate: Double, beta1: Double, beta2: Double, epsilon: Double,
    weightDecay: Double, isDecoupled: Bool
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.isDecoupled = isDecoupled
    firstMoment = Accumulator("exp_avg", for: model)
    secondMoment = Accumulator("exp_avg_sq", for: model)
    checkInitialRate(of: name)
    SettingRange.belowOne.check(beta1, "β₁", of: name, in: Scalar.self)
    SettingRange.belowOne.check(beta2, "β₂", of: name, in: Scalar.self)
    checkEpsilon(epsilon, of: name)
    checkDecay(weightDecay, of: name)
  }

  /// AdamW's settings are kept and checked here.
  private var name: String { isDecoupled ? "AdamW" : "Adam" }

  /// One step of the equations above. O(parameters)
  ///
  /// - Precondition: The model is the one of `init`.
  public mutating func update<Model: Parameterized<Scalar>>(
    _ model: inout Model, along gradients: Model
  ) {
    step += 1
    let constants = VectorKernels.AdamStep(
      learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, step: step,
      weightDecay: weightDecay, isDecoupled: isDecoupled)
    firstMoment.visit(with: &model, gradients) { index, firstMoment, gradient, parameter in
      VectorKernels.adamUpdate(
        constants, gradient: gradient.span, firstMoment: firstMoment.mutableSpan,
        secondMoment: secondMoment.tensors[index].mutableSpan, parameter: parameter.mutableSpan)
    }
  }

  /// 2(1 + β₁)/((1 − β₁)η) for P = (1 − β₁ᵗ)(√v̂ + ε), which is 38/η for β₁ = 0.9; `nil` before the
  /// first step. (J. Cohen et al., "Adaptive gradient methods at the edge of stability",
  /// arXiv:2207.14484.)
  ///
  /// On an eigenvector with eigenvalue h, a step multiplies (p, m) by a matrix of determinant
  /// β₁(1 − ηω) and trace 1 + β₁ − ηω − (1 − β₁)ηh, where ω is a decoupled weight decay and
  /// otherwise 0. Its eigenvalue reaches −1 at h = (1 + β₁)(2 − ηω)/((1 − β₁)η).
  public var curvatureLimit: CurvatureLimit<Scalar>? {
    guard step > 0 else { return nil }
    let (η, ω) = (learningRate, isDecoupled ? weightDecay : 0)
    let (first, second) = (1 - Double.pow(beta1, step), 1 - Double.pow(beta2, step))
    let numerator = max(0, (1 + beta1) * (2 - η * ω) / (1 - beta1))
    return CurvatureLimit(
      CurvatureLimit<Scalar>.quotient(numerator, η),
      ω == 0 ? "2(1 + β₁)/((1 − β₁)η)" : "(1 + β₁)(2 − ηω)/((1 − β₁)η)",
      preconditioner: secondMoment.tensors.map {
        ($0.squareRoot() * Scalar(1 / second.squareRoot()) + Scalar(epsilon)) * Scalar(first)
      }, penalty: isDecoupled ? 0 : weightDecay)
  }

  /// The number of steps, m as `exp_avg` and v as `exp_avg_sq`.
  public var state: OptimizerState<Scalar> {
    OptimizerState(step: step, firstMoment, secondMoment)
  }

  /// Continues from `state`.
  ///
  /// - Throws: `OptimizerStateError` if the state belongs to another optimizer or model or is not
  ///   finite. Nothing is changed then.
  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerStateError) {
    let (step, tensors) = try state.restored(over: self.state)
    self.step = step
    firstMoment.tensors = Array(tensors.prefix(tensors.count / 2))
    secondMoment.tensors = Array(tensors.suffix(tensors.count / 2))
  }
}
