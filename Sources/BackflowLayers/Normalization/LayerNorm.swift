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
/// A layer without γ or β computes with γ = 1 or β = 0 (PyTorch `elementwise_affine=False` and
/// `bias=False`).
///
/// Shapes: x and y [..., E], γ and β [E], r [rows]. Cache: x, the means and r. Cost: 8·count flops
/// forward, 17·count backward.
public struct LayerNorm<Scalar: RealScalar>: Layer {
  /// γ, [E], or `nil` for a layer without it.
  public var weight: Tensor<Scalar>?
  /// β, [E], or `nil` for a layer without it.
  public var bias: Tensor<Scalar>?
  /// E, the number of features.
  public let size: Int
  /// ε, which keeps r finite where a row is constant.
  public let epsilon: Double

  /// A layer with these parameters: `weight` [E], `bias` [E] or none.
  ///
  /// - Precondition: Both have one shape, and ε is positive, also when rounded to `Scalar`.
  public init(weight: Tensor<Scalar>, bias: Tensor<Scalar>? = nil, epsilon: Double = 1e-5) {
    require(weight.rank == 1, "LayerNorm: weight \(weight.shape) instead of [E]")
    if let bias {
      require(
        bias.shape == weight.shape,
        "LayerNorm: weight \(weight.shape) and bias \(bias.shape) do not fit together")
    }
    self.init(size: weight.count, weight, bias, epsilon)
  }

  /// A layer over `size` features with γ = 1 and β = 0.
  ///
  /// - Parameters:
  ///   - size: E.
  ///   - isAffine: Whether the layer has γ and β (PyTorch `elementwise_affine`).
  ///   - bias: Whether an affine layer has β.
  ///   - epsilon: ε.
  /// - Precondition: E is not negative, and ε is positive, also when rounded to `Scalar`.
  public init(size: Int, isAffine: Bool = true, bias: Bool = true, epsilon: Double = 1e-5) {
    self.init(
      size: size, isAffine ? .ones([size]) : nil, isAffine && bias ? .zeros([size]) : nil, epsilon)
  }

  /// A copy of a layer of either precision.
  ///
  /// - Precondition: ε stays positive when it is rounded to `Scalar`.
  public init<Other>(_ other: LayerNorm<Other>) {
    self.init(
      size: other.size, other.weight.map { Tensor($0) }, other.bias.map { Tensor($0) },
      other.epsilon)
  }

  private init(
    size: Int, _ weight: Tensor<Scalar>?, _ bias: Tensor<Scalar>?, _ epsilon: Double
  ) {
    require(size >= 0, "LayerNorm: the number of features must not be negative, it is \(size)")
    SettingRange.positive.check(epsilon, "ε", of: "LayerNorm", in: Scalar.self)
    (self.size, self.weight, self.bias, self.epsilon) = (size, weight, bias, epsilon)
  }

  /// What `backward` reads.
  public struct Cache: Sendable {
    let input: Tensor<Scalar>
    let statistics: VectorKernels.RowStatistics

    /// x̂, of the input's shape, computed when it is asked for.
    public var normalized: Tensor<Scalar> {
      input.standardized(
        statistics.moments, statistics.inverseDeviations, input.asRows.channels(axis: 0))
    }

    /// r, [rows]
    public var inverseDeviation: Tensor<Scalar> {
      let r = statistics.inverseDeviations
      return Tensor(shape: [r.count], storage: r.rounded())
    }
  }

  /// y = γ ⊙ x̂ + β, [..., E].
  ///
  /// - Precondition: The last axis of x is E.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache) {
    require(
      input.rank >= 1 && input.shape[input.rank - 1] == size,
      "LayerNorm: input \(input.shape) instead of [..., \(size)]")
    for parameter in [weight, bias] {
      guard let shape = parameter?.shape else { continue }
      require(shape == [size], "LayerNorm: weight or bias \(shape) instead of [\(size)]")
    }
    let (weight, bias) = (self.weight ?? .ones([size]), self.bias ?? .zeros([size]))
    var output = Tensor<Scalar>(uninitialized: input.shape)
    let statistics = VectorKernels.layerNorm(
      input.span, rows: input.shape.dropLast().reduce(1, *), weight: weight.span, bias: bias.span,
      epsilon: epsilon, into: output.mutableSpan)
    return (output, Cache(input: input, statistics: statistics))
  }

  /// x̄ = r (g − mean(g) − x̂ mean(g ⊙ x̂)), γ̄ = Σ ȳ ⊙ x̂, β̄ = Σ ȳ.
  ///
  /// - Precondition: ȳ has the shape of y.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: LayerNorm) {
    let input = cache.input
    requireGradient(outputGradient, of: input.shape, "LayerNorm")
    let scale = weight ?? .ones([size])
    var inputGradient = Tensor<Scalar>(uninitialized: input.shape)
    let sums = VectorKernels.layerNormBackward(
      outputGradient.span, cache.statistics, x: input.span,
      weight: scale.span, into: inputGradient.mutableSpan)
    var biasGradient = Tensor(shape: [size], storage: sums.bias)
    if !biasGradient.isFinite {
      // A partial sum may have overflowed.
      biasGradient = outputGradient.sums(outputGradient.asRows.channels(axis: 1))
    }
    let gradients = LayerNorm(
      size: size, weight.map { _ in Tensor(shape: [size], storage: sums.weight) },
      bias.map { _ in biasGradient }, epsilon)
    return (inputGradient, gradients)
  }

  /// Visits `weight` and `bias`, as far as the layer has them.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    weight?.visit(as: "weight", visit)
    bias?.visit(as: "bias", visit)
  }

  /// Neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}
