import Backflow
import TestSupport
import Testing

@Suite struct `A frozen layer` {
  let body: Dense<Double>
  let model: Sequential<Double>

  init() {
    var random = RandomSource(seed: 5)
    body = Dense(inputSize: 3, outputSize: 4, using: &random)
    model =
      [Frozen(body), Tanh(), Dense(inputSize: 4, outputSize: 2, using: &random)]
      .sequential
  }

  let x = Tensor<Double>(rows: [[1, 2, 3], [-1, 0.5, 2]])

  @Test func `computes what its layer computes, in both directions`() {
    let frozen = Frozen(body)
    let gradient = Tensor<Double>(rows: [[1, 0, -1, 2], [3, 1, 1, 1]])
    let (y, cache) = frozen.forward(x)
    #expect(y == body(x))
    #expect(frozen(x) == y && frozen.prepared()(x) == body.prepared()(x))
    #expect(
      frozen.backward(gradient, cache).inputGradient == body.backward(gradient, cache).inputGradient
    )
  }

  @Test func `is not changed by an optimizer, but saved and loaded`() throws {
    var trained = model
    var optimizer = SGD(for: trained, learningRate: 0.1)
    let (y, cache) = trained.forward(x)
    optimizer.update(&trained, along: trained.backward(.ones(y.shape), cache).gradients)
    let frozen = try #require(trained.layers[0] as? Frozen<Dense<Double>>)
    #expect(frozen.body.weight == body.weight && frozen.body.bias == body.bias)
    #expect(trained.namedParameters.map(\.name) == ["2.weight", "2.bias"])
    #expect(trained.namedParameters[0].value != model.namedParameters[0].value)

    let checkpoint = try Checkpoint(trained)
    #expect(Set(checkpoint.tensors.keys) == ["0.weight", "0.bias", "2.weight", "2.bias"])
    var other = Sequential<Double> {
      Frozen(Dense(weight: .zeros([4, 3]), bias: .zeros([4])))
      Tanh()
      Dense(weight: .zeros([2, 4]), bias: .zeros([2]))
    }
    try other.load(checkpoint)
    #expect(other(x) == trained(x))
  }

  @Test func `keeps its running statistics in training`() {
    var layer = Frozen(BatchNorm<Double>(channels: 3))
    let (y, cache) = layer.forward(x, .training(seed: 1))
    #expect(y == layer.body(x))
    layer.updateBuffers(from: cache)
    #expect(layer.body.runningMean == .zeros([3]))
  }
}

extension [any Layer<Double>] {
  fileprivate var sequential: Sequential<Double> { Sequential(self) }
}
