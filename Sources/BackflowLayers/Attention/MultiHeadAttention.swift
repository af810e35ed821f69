public import BackflowKernels
public import BackflowLinearAlgebra

/// Self-attention with several heads (PyTorch `MultiheadAttention(batch_first=True)` whose query,
/// key and value are x).
///
///     [Q K V] = x W_inᵀ + b_in,   each [B, T, E], cut into h heads of width d = E/h
///     A_k = attention(Q_k, K_k, V_k),   A = the heads side by side, [B, T, E]
///     y = A W_outᵀ + b_out
///
/// Backward, from Ā = ȳ W_out through the heads to P̄, the gradient of the loss with respect to
/// [Q K V]:
///
///     x̄ = P̄ W_in     W̄_in = P̄ᵀ x     b̄_in = Σ P̄     W̄_out = ȳᵀ A     b̄_out = Σ ȳ
///
/// Vaswani et al., "Attention is all you need", NeurIPS 2017.
///
/// Shapes, batch first: x and y [B, T, E], W_in [3E, E] with the rows of Q, K and V below each
/// other, b_in [3E], W_out [E, E], b_out [E]. Cache: x, A, and per head Q, K, V and the attention
/// weights. Cost: 8·B·T·E² + 4·B·T²·E flops forward, twice that backward.
public struct MultiHeadAttention<Scalar: RealScalar>: Layer {
  /// W_in and b_in: the projections to queries, keys and values.
  public var inputProjection: Dense<Scalar>
  /// W_out and b_out.
  public var outputProjection: Dense<Scalar>
  /// h
  public let heads: Int
  /// Whether a position attends only to itself and earlier positions.
  public let isCausal: Bool

  /// A layer with these projections: `inputProjection` E → 3E, W_in [3E, E], `outputProjection` E →
  /// E, W_out [E, E].
  ///
  /// - Precondition: The projections fit together, and the heads divide E.
  public init(
    inputProjection: Dense<Scalar>, outputProjection: Dense<Scalar>, heads: Int,
    isCausal: Bool = false
  ) {
    let size = outputProjection.weight.shape[0]
    require(
      outputProjection.weight.shape == [size, size]
        && inputProjection.weight.shape == [3 * size, size],
      "MultiHeadAttention: in_proj_weight \(inputProjection.weight.shape) and out_proj.weight"
        + " \(outputProjection.weight.shape) do not fit together")
    require(
      heads > 0 && size.isMultiple(of: heads),
      "MultiHeadAttention: \(heads) heads do not divide \(size) features")
    self.inputProjection = inputProjection
    self.outputProjection = outputProjection
    self.heads = heads
    self.isCausal = isCausal
  }

  /// A layer over E = `size` features with randomly initialized weights and zero biases, or no
  /// biases if `bias` is false.
  public init(
    size: Int, heads: Int, isCausal: Bool = false, bias: Bool = true,
    weights: Initializer = .glorotUniform(), using random: inout RandomSource
  ) {
    self.init(
      inputProjection: Dense(
        inputSize: size, outputSize: 3 * size, bias: bias, weights: weights, using: &random),
      outputProjection: Dense(
        inputSize: size, outputSize: size, bias: bias, weights: weights, using: &random),
      heads: heads, isCausal: isCausal)
  }

  /// A copy of a layer of either precision.
  public init<Other>(_ other: MultiHeadAttention<Other>) {
    self.init(
      inputProjection: Dense(other.inputProjection),
      outputProjection: Dense(other.outputProjection), heads: other.heads,
      isCausal: other.isCausal)
  }

  /// What `backward` reads.
  public struct Cache: Sendable {
    /// The cache of the input projection: x.
    public let inputProjection: Dense<Scalar>.Cache
    /// Q, K, V and the attention weights of every head: [B, h, T, d], [B, h, T, T].
    public let attention: ScaledDotProductAttention<Scalar>.Cache
    /// The cache of the output projection: A.
    public let outputProjection: Dense<Scalar>.Cache
  }

  private var attention: ScaledDotProductAttention<Scalar> { .init(isCausal: isCausal) }
  private var size: Int { outputProjection.weight.shape[0] }

  /// y, [B, T, E].
  ///
  /// - Precondition: x is [B, T, E].
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache) {
    require(
      input.rank == 3 && input.shape[2] == size,
      "MultiHeadAttention: input \(input.shape) does not fit in_proj_weight"
        + " \(inputProjection.weight.shape); it must be [N, T, E]")
    let (projected, inputCache) = inputProjection.forward(input)
    let (attended, attentionCache) = attention.forward(
      query: projected.heads(heads, of: size, at: 0),
      key: projected.heads(heads, of: size, at: 1),
      value: projected.heads(heads, of: size, at: 2))
    var merged = Tensor<Scalar>(uninitialized: input.shape)
    merged.setHeads(attended, of: size, at: 0)
    let (output, outputCache) = outputProjection.forward(merged)
    let cache = Cache(
      inputProjection: inputCache, attention: attentionCache, outputProjection: outputCache)
    return (output, cache)
  }

  /// The gradients of the loss with respect to x, [B, T, E], and both projections.
  ///
  /// - Precondition: ȳ has the shape of y.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: MultiHeadAttention) {
    let input = cache.inputProjection.input
    requireGradient(outputGradient, of: input.shape, "MultiHeadAttention")
    let (merged, outputGradients) = outputProjection.backward(
      outputGradient, cache.outputProjection)
    let (query, key, value) = attention.backward(
      merged.heads(heads, of: size, at: 0), cache.attention)

    var projected = Tensor<Scalar>(
      uninitialized: input.shape.replacing(axis: 2, with: 3 * size))
    projected.setHeads(query, of: size, at: 0)
    projected.setHeads(key, of: size, at: 1)
    projected.setHeads(value, of: size, at: 2)
    let (inputGradient, inputGradients) = inputProjection.backward(
      projected, cache.inputProjection)
    let gradients = MultiHeadAttention(
      inputProjection: inputGradients, outputProjection: outputGradients, heads: heads,
      isCausal: isCausal)
    return (inputGradient, gradients)
  }

  /// Visits the parameters under PyTorch's names and in its order.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    visit("in_proj_weight", &inputProjection.weight)
    inputProjection.bias?.visit(as: "in_proj_bias", visit)
    visit("out_proj.weight", &outputProjection.weight)
    outputProjection.bias?.visit(as: "out_proj.bias", visit)
  }

  /// Neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}

extension Tensor {
  /// Part `part` of [B, T, parts·E], cut into heads: [B, h, T, d].
  fileprivate func heads(_ heads: Int, of size: Int, at part: Int) -> Tensor {
    let (samples, time, width) = (shape[0], shape[1], size / heads)
    var result = Tensor(uninitialized: [samples, heads, time, width])
    for sample in 0..<samples {
      for head in 0..<heads {
        Blocks.copy(
          count: time, length: width,
          from: span, at: sample * time * shape[2] + part * size + head * width, stride: shape[2],
          into: result.mutableSpan, at: (sample * heads + head) * time * width, stride: width)
      }
    }
    return result
  }

  /// Writes heads [B, h, T, d] side by side into part `part` of [B, T, parts·E].
  fileprivate mutating func setHeads(_ source: Tensor, of size: Int, at part: Int) {
    let (samples, heads, time, width) = (
      source.shape[0], source.shape[1], source.shape[2], source.shape[3]
    )
    let stride = shape[2]
    for sample in 0..<samples {
      for head in 0..<heads {
        Blocks.copy(
          count: time, length: width,
          from: source.span, at: (sample * heads + head) * time * width, stride: width,
          into: mutableSpan, at: sample * time * stride + part * size + head * width,
          stride: stride)
      }
    }
  }
}
