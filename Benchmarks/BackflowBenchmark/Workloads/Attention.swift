internal import Backflow

/// Returns workloads for self-attention with several heads.
func attention(batch: Int, time: Int, size: Int, heads: Int) -> [Workload] {
  func layer<Scalar>(_ random: inout RandomSource) -> MultiHeadAttention<Scalar> {
    MultiHeadAttention(size: size, heads: heads, using: &random)
  }
  // The four projections, and the products of queries with keys and of weights with values.
  let products = batch * time * (4 * size * size + 2 * time * size)
  return passes(
    "attention/b\(batch)/t\(time)/d\(size)/heads\(heads)", flops: 2 * Double(products),
    input: [batch, time, size], layer as (inout RandomSource) -> MultiHeadAttention<Float>,
    layer as (inout RandomSource) -> MultiHeadAttention<Double>)
}
