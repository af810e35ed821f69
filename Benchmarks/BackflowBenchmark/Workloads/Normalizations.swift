internal import Backflow

/// Returns workloads for layer normalization, which has no products.
func layerNormalization(rows: Int, size: Int) -> [Workload] {
  func layer<Scalar>(_ random: inout RandomSource) -> LayerNorm<Scalar> {
    LayerNorm(
      weight: random.normal([size], mean: 1, standardDeviation: 0.1),
      bias: random.normal([size], standardDeviation: 0.1))
  }
  return passes(
    "layernorm/\(rows)x\(size)", flops: 0, input: [rows, size],
    layer as (inout RandomSource) -> LayerNorm<Float>,
    layer as (inout RandomSource) -> LayerNorm<Double>)
}

/// Returns workloads for batch normalization of images in training, which has no products.
func batchNormalization(batch: Int, channels: Int, side: Int) -> [Workload] {
  func layer<Scalar>(_ random: inout RandomSource) -> BatchNorm<Scalar> {
    var layer = BatchNorm<Scalar>(channels: channels)
    layer.weight = random.normal([channels], mean: 1, standardDeviation: 0.1)
    layer.bias = random.normal([channels], standardDeviation: 0.1)
    return layer
  }
  return passes(
    "batchnorm/b\(batch)/c\(channels)/hw\(side)", flops: 0, input: [batch, channels, side, side],
    mode: .training(seed: 1), layer as (inout RandomSource) -> BatchNorm<Float>,
    layer as (inout RandomSource) -> BatchNorm<Double>)
}
