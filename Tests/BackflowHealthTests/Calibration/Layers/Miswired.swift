import Backflow

/// A layer whose gradient with respect to its input is wrong, as after an error in its backward
/// pass. Everything else, names included, is that of the layer.
struct Miswired<Body: Layer<Float>>: Layer {
  typealias Scalar = Float
  typealias Spoil =
    @Sendable (_ outputGradient: Tensor<Float>, _ inputGradient: Tensor<Float>, Body.Cache) ->
    Tensor<Float>

  var body: Body
  /// Returns the wrong gradient.
  let spoil: Spoil

  init(_ body: Body, _ spoil: @escaping Spoil) { (self.body, self.spoil) = (body, spoil) }

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Body.Cache) {
    body.forward(input)
  }

  func forward(_ input: Tensor<Float>, _ mode: Mode) -> (output: Tensor<Float>, cache: Body.Cache) {
    body.forward(input, mode)
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Body.Cache
  ) -> (inputGradient: Tensor<Float>, gradients: Miswired) {
    let (inputGradient, gradients) = body.backward(outputGradient, cache)
    return (spoil(outputGradient, inputGradient, cache), Miswired(gradients, spoil))
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Body.Cache, _ tracer: inout BackwardTracer<Float>
  ) -> (inputGradient: Tensor<Float>, gradients: Miswired) {
    let (inputGradient, gradients) = body.backward(outputGradient, cache, &tracer)
    return (spoil(outputGradient, inputGradient, cache), Miswired(gradients, spoil))
  }

  mutating func updateBuffers(from cache: Body.Cache) { body.updateBuffers(from: cache) }
  func activations(in cache: Body.Cache) -> [Activation<Float>] { body.activations(in: cache) }
  func input(in cache: Body.Cache) -> Tensor<Float>? { body.input(in: cache) }
  func normalization(in cache: Body.Cache) -> NormalizationTrace? { body.normalization(in: cache) }
  var signalKind: SignalKind? { body.signalKind }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) { body.visitParameters(visit) }
  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) { body.visitBuffers(visit) }
  mutating func visitCounters(_ visit: (String, inout Int) -> Void) { body.visitCounters(visit) }
}
