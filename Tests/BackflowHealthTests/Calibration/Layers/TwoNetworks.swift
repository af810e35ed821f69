import Backflow

/// Two networks that read the same input, as an actor and a critic do, with their outputs side by
/// side. Their parameters have the same names behind "policy." and "value.".
struct TwoNetworks: Layer {
  typealias Scalar = Float
  var policy: Sequential<Float>
  var value: Sequential<Float>

  struct Cache: Sendable {
    let policy: Sequential<Float>.Cache
    let value: Sequential<Float>.Cache
    let split: Int
  }

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Cache) {
    forward(input, .evaluation)
  }

  func forward(_ input: Tensor<Float>, _ mode: Mode) -> (output: Tensor<Float>, cache: Cache) {
    let (one, policyCache) = policy.forward(input, mode.part(0))
    let (other, valueCache) = value.forward(input, mode.part(1))
    return (
      .concatenate([one, other], axis: 1),
      Cache(policy: policyCache, value: valueCache, split: one.shape[1])
    )
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache
  ) -> (inputGradient: Tensor<Float>, gradients: TwoNetworks) {
    var tracer = BackwardTracer<Float>.off
    return backward(outputGradient, cache, &tracer)
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache, _ tracer: inout BackwardTracer<Float>
  ) -> (inputGradient: Tensor<Float>, gradients: TwoNetworks) {
    let width = outputGradient.shape[1]
    let (second, valueGradients) = tracer.backward(
      value, "value", outputGradient.slice(cache.split..<width, axis: 1), cache.value)
    let (first, policyGradients) = tracer.backward(
      policy, "policy", outputGradient.slice(0..<cache.split, axis: 1), cache.policy)
    return (first + second, TwoNetworks(policy: policyGradients, value: valueGradients))
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    policy.visitParameters(under: "policy", visit)
    value.visitParameters(under: "value", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    policy.visitBuffers(under: "policy", visit)
    value.visitBuffers(under: "value", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    policy.visitCounters(under: "policy", visit)
    value.visitCounters(under: "value", visit)
  }

  var signalKind: SignalKind? { .other }
}
