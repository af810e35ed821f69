import Backflow

/// A trunk that two heads read, with their outputs side by side.
struct TwoHeads: Layer {
  typealias Scalar = Float
  var trunk: Sequential<Float>
  var first: Sequential<Float>
  var second: Sequential<Float>

  struct Cache: Sendable {
    let trunk: Sequential<Float>.Cache
    let first: Sequential<Float>.Cache
    let second: Sequential<Float>.Cache
    let split: Int
  }

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Cache) {
    forward(input, .evaluation)
  }

  func forward(_ input: Tensor<Float>, _ mode: Mode) -> (output: Tensor<Float>, cache: Cache) {
    let (shared, trunkCache) = trunk.forward(input, mode.part(0))
    let (one, firstCache) = first.forward(shared, mode.part(1))
    let (other, secondCache) = second.forward(shared, mode.part(2))
    return (
      .concatenate([one, other], axis: 1),
      Cache(trunk: trunkCache, first: firstCache, second: secondCache, split: one.shape[1])
    )
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache
  ) -> (inputGradient: Tensor<Float>, gradients: TwoHeads) {
    var tracer = BackwardTracer<Float>.off
    return backward(outputGradient, cache, &tracer)
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache, _ tracer: inout BackwardTracer<Float>
  ) -> (inputGradient: Tensor<Float>, gradients: TwoHeads) {
    let width = outputGradient.shape[1]
    let (other, secondGradients) = tracer.backward(
      second, "second", outputGradient.slice(cache.split..<width, axis: 1), cache.second)
    let (one, firstGradients) = tracer.backward(
      first, "first", outputGradient.slice(0..<cache.split, axis: 1), cache.first)
    let (inputGradient, trunkGradients) = tracer.backward(
      trunk, "trunk", one + other, cache.trunk)
    return (
      inputGradient,
      TwoHeads(trunk: trunkGradients, first: firstGradients, second: secondGradients)
    )
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    trunk.visitParameters(under: "trunk", visit)
    first.visitParameters(under: "first", visit)
    second.visitParameters(under: "second", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    trunk.visitBuffers(under: "trunk", visit)
    first.visitBuffers(under: "first", visit)
    second.visitBuffers(under: "second", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    trunk.visitCounters(under: "trunk", visit)
    first.visitCounters(under: "first", visit)
    second.visitCounters(under: "second", visit)
  }

  var signalKind: SignalKind? { .other }
}

/// A layer that reads its batch in pieces and adds their gradients, as gradient accumulation does.
/// Only the last piece is traced.
struct InPieces<Body: Layer<Float>>: Layer {
  typealias Scalar = Float
  var body: Body
  let pieces: Int

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: [Body.Cache]) {
    forward(input, .evaluation)
  }

  func forward(
    _ input: Tensor<Float>, _ mode: Mode
  ) -> (output: Tensor<Float>, cache: [Body.Cache]) {
    let passes = ranges(of: input.shape[0]).enumerated().map {
      body.forward(input[$1], mode.part($0))
    }
    return (.concatenate(passes.map(\.output)), passes.map(\.cache))
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: [Body.Cache]
  ) -> (inputGradient: Tensor<Float>, gradients: InPieces) {
    var tracer = BackwardTracer<Float>.off
    return backward(outputGradient, cache, &tracer)
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: [Body.Cache], _ tracer: inout BackwardTracer<Float>
  ) -> (inputGradient: Tensor<Float>, gradients: InPieces) {
    let parts = ranges(of: outputGradient.shape[0])
    let last = parts.count - 1
    var (inputGradient, sum) = tracer.backward(
      body, "body", outputGradient[parts[last]], cache[last])
    for index in parts.indices.dropLast().reversed() {
      let (other, gradients) = body.backward(outputGradient[parts[index]], cache[index])
      inputGradient = .concatenate([other, inputGradient])
      sum.combine(with: gradients) { $0 + $1 }
    }
    return (inputGradient, InPieces(body: sum, pieces: pieces))
  }

  private func ranges(of count: Int) -> [Range<Int>] {
    (0..<pieces).map { count * $0 / pieces..<count * ($0 + 1) / pieces }
  }

  mutating func updateBuffers(from cache: [Body.Cache]) {
    for piece in cache { body.updateBuffers(from: piece) }
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    body.visitParameters(under: "body", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    body.visitCounters(under: "body", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    body.visitBuffers(under: "body", visit)
  }

  var signalKind: SignalKind? { .other }
}

/// A recurrence over padded sequences, [T, B, F + 1]. The last feature is 1 within the length of
/// the sample and 0 beyond.
struct PaddedRecurrence<Cell: RecurrentCell<Float>>: Layer {
  typealias Scalar = Float
  var recurrence: Recurrent<Cell>

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Recurrent<Cell>.Cache) {
    forward(input, .evaluation)
  }

  func forward(
    _ input: Tensor<Float>, _ mode: Mode
  ) -> (output: Tensor<Float>, cache: Recurrent<Cell>.Cache) {
    let features = input.shape[2] - 1
    let lengths = input.slice(features..<features + 1, axis: 2).sum(axis: 0).elements
    let (output, _, cache) = recurrence.forward(
      input.slice(0..<features, axis: 2), mode, initialState: nil,
      lengths: lengths.map { Int($0) })
    return (output, cache)
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Recurrent<Cell>.Cache
  ) -> (inputGradient: Tensor<Float>, gradients: PaddedRecurrence) {
    var tracer = BackwardTracer<Float>.off
    return backward(outputGradient, cache, &tracer)
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Recurrent<Cell>.Cache,
    _ tracer: inout BackwardTracer<Float>
  ) -> (inputGradient: Tensor<Float>, gradients: PaddedRecurrence) {
    let (features, gradients) = tracer.backward(recurrence, "recurrence", outputGradient, cache)
    let mask = Tensor<Float>.zeros(features.shape.replacing(axis: 2, with: 1))
    return (
      .concatenate([features, mask], axis: 2), PaddedRecurrence(recurrence: gradients)
    )
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    recurrence.visitParameters(under: "recurrence", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    recurrence.visitBuffers(under: "recurrence", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    recurrence.visitCounters(under: "recurrence", visit)
  }

  var signalKind: SignalKind? { .other }
}
