import Backflow

/// A network that reads tokens: an embedding of indices, which come as numbers, and the layers
/// above it. Indices have no gradient.
struct TokenNetwork<Body: Layer<Float>>: Layer {
  typealias Scalar = Float
  var embedding: Embedding<Float>
  var body: Body

  struct Cache: Sendable {
    let indices: Shape
    let embedding: Embedding<Float>.Cache
    let body: Body.Cache
  }

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Cache) {
    forward(input, .evaluation)
  }

  func forward(_ input: Tensor<Float>, _ mode: Mode) -> (output: Tensor<Float>, cache: Cache) {
    let (vectors, vectorCache) = embedding.forward(
      input.elements.map { Int($0) }, shape: input.shape)
    let (output, bodyCache) = body.forward(vectors, mode)
    return (output, Cache(indices: input.shape, embedding: vectorCache, body: bodyCache))
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache
  ) -> (inputGradient: Tensor<Float>, gradients: TokenNetwork) {
    var tracer = BackwardTracer<Float>.off
    return backward(outputGradient, cache, &tracer)
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache, _ tracer: inout BackwardTracer<Float>
  ) -> (inputGradient: Tensor<Float>, gradients: TokenNetwork) {
    let (vectors, gradients) = tracer.backward(body, "body", outputGradient, cache.body)
    return (
      .zeros(cache.indices),
      TokenNetwork(
        embedding: embedding.backward(vectors, cache.embedding).gradients, body: gradients)
    )
  }

  mutating func updateBuffers(from cache: Cache) { body.updateBuffers(from: cache.body) }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    embedding.visitParameters(under: "embedding", visit)
    body.visitParameters(under: "body", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    embedding.visitCounters(under: "embedding", visit)
    body.visitCounters(under: "body", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    body.visitBuffers(under: "body", visit)
  }
}
