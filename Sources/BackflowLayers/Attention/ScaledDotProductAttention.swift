public import BackflowKernels
public import BackflowLinearAlgebra

/// Attention of queries to keys and values (PyTorch `scaled_dot_product_attention`).
///
///     S = Q Kᵀ/√E        P = softmax(S) along keys        Y = P V
///
/// Backward, with P̄ = Ȳ Vᵀ:
///
///     S̄ = P ⊙ (P̄ − Σ_keys P ⊙ P̄)        Q̄ = S̄ K/√E        K̄ = S̄ᵀ Q/√E        V̄ = Pᵀ Ȳ
///
/// With a causal mask the keys j > i have no weight for query i: their P is 0, and so is their S̄.
/// A value that is not finite still reaches every query, because 0 · NaN is NaN. Vaswani et al.,
/// "Attention is all you need", NeurIPS 2017.
///
/// Shapes: Q [..., T, E], K [..., S, E], V [..., S, F], Y [..., T, F]; leading axes (batch, heads)
/// are M matrices, the same in all. Cache: Q, K, V and P, [..., T, S]. Cost: 2·M·T·S·(E + F) flops
/// forward, twice that backward. It has three inputs, so it is not a `Layer`.
public struct ScaledDotProductAttention<Scalar: RealScalar>: Sendable {
  /// Whether a query attends only to the keys up to its own position.
  public let isCausal: Bool

  /// An attention with or without the causal mask.
  public init(isCausal: Bool = false) { self.isCausal = isCausal }

  /// What `backward` reads.
  public struct Cache: Sendable {
    /// Q, [..., T, E]
    public let query: Tensor<Scalar>
    /// K, [..., S, E]
    public let key: Tensor<Scalar>
    /// V, [..., S, F]
    public let value: Tensor<Scalar>
    /// P: the weight of value j for query i, [..., T, S]
    public let weights: Tensor<Scalar>
  }

  /// Y, [..., T, F], from query [..., T, E], key [..., S, E] and value [..., S, F].
  ///
  /// - Precondition: The shapes fit together.
  public func forward(
    query: Tensor<Scalar>, key: Tensor<Scalar>, value: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Cache) {
    let (queries, keys) = sizes(query, key, value)
    let scores = batchedMatmul(query, key, transposeRight: true, scale: scale(of: query))
    let weights =
      isCausal
      ? elementwise(scores) {
        VectorKernels.causalSoftmax(
          $0, matrices: matrices(query), rows: queries, columns: keys, into: $1)
      } : softmax(scores)
    return (
      batchedMatmul(weights, value), Cache(query: query, key: key, value: value, weights: weights)
    )
  }

  /// Q̄ = S̄ K/√E, K̄ = S̄ᵀ Q/√E, V̄ = Pᵀ Ȳ from Ȳ.
  ///
  /// - Precondition: Ȳ is [..., T, F].
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (query: Tensor<Scalar>, key: Tensor<Scalar>, value: Tensor<Scalar>) {
    let (query, key, value, weights) = (cache.query, cache.key, cache.value, cache.weights)
    let outputShape = query.shape.replacing(
      axis: query.rank - 1, with: value.shape[value.rank - 1])
    requireGradient(outputGradient, of: outputShape, "ScaledDotProductAttention")
    let scale = scale(of: query)

    let valueGradient = batchedMatmul(weights, outputGradient, transposeLeft: true)
    let weightGradient = batchedMatmul(outputGradient, value, transposeRight: true)
    let scoreGradient = Softmax().inputGradient(weightGradient, weights)
    let queryGradient = batchedMatmul(scoreGradient, key, scale: scale)
    let keyGradient = batchedMatmul(scoreGradient, query, transposeLeft: true, scale: scale)
    return (queryGradient, keyGradient, valueGradient)
  }

  /// 1/√E
  private func scale(of query: Tensor<Scalar>) -> Scalar {
    1 / Scalar(query.shape[query.rank - 1]).squareRoot()
  }

  private func matrices(_ tensor: Tensor<Scalar>) -> Int {
    tensor.shape.dropLast(2).reduce(1, *)
  }

  /// T and S.
  ///
  /// - Precondition: The three shapes fit together.
  private func sizes(
    _ query: Tensor<Scalar>, _ key: Tensor<Scalar>, _ value: Tensor<Scalar>
  ) -> (queries: Int, keys: Int) {
    let rank = query.rank
    let fit =
      rank >= 2 && key.rank == rank && value.rank == rank
      && query.shape.dropLast(2).elementsEqual(key.shape.dropLast(2))
      && query.shape.dropLast(2).elementsEqual(value.shape.dropLast(2))
      && key.shape[rank - 1] == query.shape[rank - 1]
      && value.shape[rank - 2] == key.shape[rank - 2]
    require(
      fit,
      "ScaledDotProductAttention: query \(query.shape), key \(key.shape) and value \(value.shape)"
        + " do not fit together")
    return (query.shape[rank - 2], key.shape[rank - 2])
  }
}
