import Backflow

/// A layer of a user's own, a weight with a tanh behind it, which shows its units.
struct TanhUnits: Layer {
  typealias Scalar = Float
  var linear: Dense<Float>

  struct Cache: Sendable {
    let linear: Dense<Float>.Cache
    let output: Tensor<Float>
  }

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Cache) {
    let (preactivation, cache) = linear.forward(input)
    let output = tanh(preactivation)
    return (output, Cache(linear: cache, output: output))
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache
  ) -> (inputGradient: Tensor<Float>, gradients: TanhUnits) {
    let (inputGradient, gradients) = linear.backward(
      outputGradient * (1 - cache.output.squared()), cache.linear)
    return (inputGradient, TanhUnits(linear: gradients))
  }

  func activations(in cache: Cache) -> [Activation<Float>] {
    [Activation(.tanh, output: cache.output)]
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) { linear.visitParameters(visit) }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) { linear.visitBuffers(visit) }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) { linear.visitCounters(visit) }
}
