internal import Backflow

/// Batch normalisation whose backward pass takes μ and v for constants: **the bug**.
///
///     y = γ (x − μ) r + β,   x̄ = γ r ȳ   instead of   γ r (ȳ − (β̄ + x̂ γ̄)/m)
///
/// It misses that a change of x moves μ and v as well. Ioffe and Szegedy ("Batch normalization", ICML
/// 2015, section 2) tell what follows: a bias below it grows without end while the loss stays the same.
///
/// Shapes: x and y [N, C]. Cache: that of `BatchNorm`.
struct ConstantStatisticsNorm<Scalar: RealScalar>: Layer {
  var norm: BatchNorm<Scalar>

  func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: BatchNorm<Scalar>.Cache) { norm.forward(input) }

  func forward(
    _ input: Tensor<Scalar>, _ mode: Mode
  ) -> (output: Tensor<Scalar>, cache: BatchNorm<Scalar>.Cache) { norm.forward(input, mode) }

  mutating func updateBuffers(from cache: BatchNorm<Scalar>.Cache) {
    norm.updateBuffers(from: cache)
  }

  func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: BatchNorm<Scalar>.Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: ConstantStatisticsNorm) {
    let (_, gradients) = norm.backward(outputGradient, cache)
    let inputGradient = outputGradient * (norm.weight * cache.inverseDeviation)
    return (inputGradient, ConstantStatisticsNorm(norm: gradients))
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) { norm.visitParameters(visit) }
  mutating func visitBuffers(_ visit: ParameterVisitor<Scalar>) { norm.visitBuffers(visit) }
}
