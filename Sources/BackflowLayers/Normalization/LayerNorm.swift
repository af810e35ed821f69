public import BackflowKernels
public import BackflowLinearAlgebra

/// Layer normalization over the last axis (PyTorch `LayerNorm(E)`).
///
///     μ = mean(x)      v = mean((x − μ)²)      r = 1/√(v + ε)
///     x̂ = (x − μ) r    y = γ ⊙ x̂ + β
///
/// with one mean for each row. Backward, with g = γ ⊙ ȳ and sums over rows for γ and β:
///
///     x̄ = r (g − mean(g) − x̂ mean(g ⊙ x̂))        γ̄ = Σ ȳ ⊙ x̂        β̄ = Σ ȳ
///
/// Ba, Kiros and Hinton, "Layer normalization", arXiv:1607.06450. The same in training and
/// evaluation.
///
/// Shapes: x and y [..., E], γ and β [E], r [rows]. Cache: x̂ and r. Cost: 8·count flops forward,
/// 14·count backward.
public struct LayerNorm<Scalar: RealScalar>: Layer {
  /// γ, [E]
  public var weight: Tensor<Scalar>
  /// β, [E]
  public var bias: Tensor<Scalar>
  /// ε, which keeps r finite where a row is constant.
  public let epsilon: Double

  /// A layer with these parameters, both [E].
  ///
  /// - Precondition: Both have one shape, and ε is positive, also when rounded to `Scalar`.
  public init(weight: Tensor<Scalar>, bias: Tensor<Scalar>, epsilon: Double = 1e-5) {
    require(
      weight.rank == 1 && bias.shape == weight.shape,
      "LayerNorm: weight \(weight.shape) and bias \(bias.shape) do not fit together")
    SettingRange.positive.check(epsilon, "ε", of: "LayerNorm", in: Scalar.self)
    self.weight = weight
    self.bias = bias
    self.epsilon = epsilon
  }

  /// A layer over `size` features with γ = 1 and β = 0.
  public init(size: Int, epsilon: Double = 1e-5) {
    self.init(weight: .ones([size]), bias: .zeros([size]), epsilon: epsilon)
  }

  /// What `backward` reads.
  public struct Cache: Sendable {
    /// x̂, of the input's shape
    public let normalized: Tensor<Scalar>
    /// r, [rows]
    public let inverseDeviation: Tensor<Scalar>
  }

  /// y = γ ⊙ x̂ + β, [..., E].
  ///
  /// - Precondition: The last axis of x is E.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache) {
    require(
      input.rank >= 1 && [input.shape[input.rank - 1]] == weight.shape,
      "LayerNorm: input \(input.shape) does not fit weight \(weight.shape)")
    let rows = input.asRows.channels(axis: 0)
    let moments = input.moments(rows)
    let r = moments.inverseDeviations(epsilon: epsilon)
    let normalized = input.standardized(moments, r, rows)
    let features = input.asRows.channels(axis: 1)
    let output = normalized.affine(scale: weight, shift: bias, features)
    let cache = Cache(
      normalized: normalized, inverseDeviation: Tensor(shape: [r.count], storage: r.rounded()))
    return (output, cache)
  }

  /// x̄ = r (g − mean(g) − x̂ mean(g ⊙ x̂)), γ̄ = Σ ȳ ⊙ x̂, β̄ = Σ ȳ.
  ///
  /// - Precondition: ȳ has the shape of y.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: LayerNorm) {
    let (normalized, r) = (cache.normalized, cache.inverseDeviation)
    requireGradient(outputGradient, of: normalized.shape, "LayerNorm")
    let rows = normalized.asRows.channels(axis: 0)
    let features = normalized.asRows.channels(axis: 1)

    // g = γ ⊙ ȳ
    var g = outputGradient
    VectorKernels.multiplyRow(weight.span, into: g.mutableSpan)
    // mean(g) and mean(g ⊙ x̂) of each row; x̂ sums to 0, so g is taken about its mean in the
    // products too.
    let mean = g.moments(rows, withVariance: false)
    let dots = VectorKernels.channelDots(g.span, around: mean, normalized.span, rows)
    let meanOfProduct = mean.map { dots.span[$0] / Double(weight.count) }
    // x̄ = r (g − mean(g) − x̂ mean(g ⊙ x̂))
    let inputGradient = g.centered(
      by: mean, minus: normalized, times: meanOfProduct, scale: Buffer(converting: r.span), rows)

    // γ̄ = Σ ȳ ⊙ x̂, β̄ = Σ ȳ
    let gradients = LayerNorm(
      weight: outputGradient.dots(normalized, features), bias: outputGradient.sums(features),
      epsilon: epsilon)
    return (inputGradient, gradients)
  }

  /// Visits `weight` and `bias`.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    visit("weight", &weight)
    visit("bias", &bias)
  }

  /// Neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}
