import Backflow
import TestSupport
import Testing

@Suite struct `Parameters that a model does not visit` {
  @Test func `are found in every place where a layer can be stored`() {
    var model = Scattered(visitsAll: false)
    #expect(
      model.unvisitedParameters == [
        "direct.weight", "direct.bias", "optional.weight", "optional.bias", "list.0.weight",
        "list.0.bias", "list.1.weight", "list.1.bias", "erased.1.weight", "erased.1.bias",
        "named.0.value.weight", "named.0.value.bias", "pair.0.weight", "pair.0.bias",
        "block.inner.weight", "block.inner.bias", "norm.weight", "norm.bias",
        "norm.running_mean", "norm.running_var",
      ])
    model.visitsAll = true
    #expect(model.unvisitedParameters.isEmpty)
  }

  @Test func `are found in a layer of a layer`() {
    let model = Sequential<Float> {
      Tanh()
      Forgetful()
    }
    #expect(model.unvisitedParameters == ["layers.1.second.weight", "layers.1.second.bias"])
    #expect(
      Residual(Forgetful()).unvisitedParameters == ["body.second.weight", "body.second.bias"])
  }

  @Test func `do not exist in any layer of the library`() {
    var random = RandomSource(seed: 3)
    for bias in [true, false] {
      let model = Sequential<Float> {
        Embedding(count: 5, size: 4, using: &random)
        LSTM(
          inputSize: 4, hiddenSize: 3, layers: 2, bidirectional: true, bias: bias, using: &random)
        GRU(inputSize: 6, hiddenSize: 4, bias: bias, using: &random)
        OriginalGRU(inputSize: 4, hiddenSize: 4, bias: bias, using: &random)
        LeakyRNN(inputSize: 4, hiddenSize: 4, leak: 0.5, bias: bias, using: &random)
        RNN(inputSize: 4, hiddenSize: 4, bias: bias, using: &random)
        MultiHeadAttention(size: 4, heads: 2, bias: bias, using: &random)
        Residual(Dense(inputSize: 4, outputSize: 4, bias: bias, using: &random))
        Frozen(Dense(inputSize: 4, outputSize: 4, bias: bias, using: &random))
        LayerNorm(size: 4, isAffine: bias)
        BatchNorm(channels: 4, isAffine: bias)
        StagedBatchNorm(BatchNorm(channels: 4, isAffine: bias))
        Conv2D(inputChannels: 1, outputChannels: 2, kernelSize: 1, bias: bias, using: &random)
      }
      #expect(model.unvisitedParameters.isEmpty)
      #expect(Adam(for: model).state.unvisitedParameters.isEmpty)
    }
  }

  @Test func `stop an optimizer, with their names`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SGD(for: Forgetful(), learningRate: 0.1)
    }
    #expect(
      stopMessage(result).contains(
        "an optimizer: Forgetful stores parameters that it does not visit: second.weight,"
          + " second.bias. Visit their layers in visitParameters"))
  }

  @Test func `stop a checkpoint`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Checkpoint(Forgetful())
    }
    #expect(stopMessage(result).contains("a checkpoint: Forgetful stores parameters"))
  }

  @Test func `are none if a layer is frozen, or shares a tensor with another`() {
    var model = Forgetful()
    model.second = model.first
    #expect(model.unvisitedParameters.isEmpty)
    #expect(Frozen(Dense<Float>(weight: .ones([2, 2]))).unvisitedParameters.isEmpty)
  }
}

/// A model that visits the first of its two layers.
private struct Forgetful: Layer {
  typealias Scalar = Float
  var first: Dense<Float>
  var second: Dense<Float>

  init() {
    var random = RandomSource(seed: 1)
    first = Dense(inputSize: 2, outputSize: 2, using: &random)
    second = Dense(inputSize: 2, outputSize: 2, using: &random)
  }

  func forward(_ x: Tensor<Float>) -> (output: Tensor<Float>, cache: Tensor<Float>) {
    (second(first(x)), x)
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Tensor<Float>
  ) -> (inputGradient: Tensor<Float>, gradients: Forgetful) { (outputGradient, self) }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    first.visitParameters(under: "first", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    first.visitBuffers(under: "first", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    first.visitCounters(under: "first", visit)
  }
}

/// A model with a list that begins with no layer.
private struct Optionals: ParameterlessLayer {
  typealias Scalar = Float
  let layers: [Dense<Float>?] = [nil, Dense(weight: .ones([1, 1]))]
  func forward(_ x: Tensor<Float>) -> (output: Tensor<Float>, cache: Shape) { (x, x.shape) }
  func inputGradient(_ outputGradient: Tensor<Float>, _ cache: Shape) -> Tensor<Float> {
    outputGradient
  }
}

/// Not a layer, but holds one.
private struct Block: Sendable {
  var inner: Dense<Float>
}

/// A model with layers in every kind of property, and much that is none.
private struct Scattered: Parameterized {
  typealias Scalar = Float
  var visitsAll: Bool
  let title = "layers everywhere"
  let numbers = [Float](repeating: 1, count: 100_000)
  let constant = Tensor<Float>.ones([3])
  let none: Dense<Float>? = nil
  let activation = ReLU<Float>()
  var direct: Dense<Float>
  var optional: Dense<Float>?
  var list: [Dense<Float>]
  var erased: [any Layer<Float>]
  var named: [String: Dense<Float>]
  var pair: (Dense<Float>, Int)
  var block: Block
  var norm = BatchNorm<Float>(channels: 2)

  init(visitsAll: Bool) {
    var random = RandomSource(seed: 1)
    func layer() -> Dense<Float> { Dense(inputSize: 2, outputSize: 2, using: &random) }
    self.visitsAll = visitsAll
    (direct, optional, list) = (layer(), layer(), [layer(), layer()])
    (erased, named, pair) = ([Tanh<Float>(), layer()], ["a": layer()], (layer(), 3))
    block = Block(inner: layer())
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    if !visitsAll { return }
    direct.visitParameters(under: "direct", visit)
    optional?.visitParameters(under: "optional", visit)
    for k in list.indices { list[k].visitParameters(under: "list.\(k)", visit) }
    for k in erased.indices { erased[k].visitParameters(under: "erased.\(k)", visit) }
    named["a"]?.visitParameters(under: "named", visit)
    pair.0.visitParameters(under: "pair", visit)
    block.inner.visitParameters(under: "block", visit)
    norm.visitParameters(under: "norm", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    if visitsAll { norm.visitBuffers(under: "norm", visit) }
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    if visitsAll { norm.visitCounters(under: "norm", visit) }
  }
}
