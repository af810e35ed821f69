internal import Backflow

/// Batch normalization with an incorrect backward pass, which treats μ and v as constants.
///
///     y = γ (x − μ) r + β,   x̄ = γ r ȳ   instead of   γ r (ȳ − (β̄ + x̂ γ̄)/m)
///
/// It neglects that μ and v depend on x. Ioffe and Szegedy ("Batch normalization", ICML 2015,
/// section 2) describe the consequence: a bias before it grows indefinitely while the loss remains
/// constant.
///
/// Shapes: x and y [N, C]. The cache is that of `BatchNorm`.
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
    let scale = norm.weight.map { $0 * cache.inverseDeviation } ?? cache.inverseDeviation
    let inputGradient = outputGradient * scale
    return (inputGradient, ConstantStatisticsNorm(norm: gradients))
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) { norm.visitParameters(visit) }
  mutating func visitBuffers(_ visit: ParameterVisitor<Scalar>) { norm.visitBuffers(visit) }
  mutating func visitCounters(_ visit: (String, inout Int) -> Void) { norm.visitCounters(visit) }
}
