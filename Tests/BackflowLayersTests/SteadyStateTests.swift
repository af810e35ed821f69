import Backflow
import Testing

// Each test runs in a separate process, because the pool and the heap belong to the process.
@Suite struct `A training step in the steady state allocates no memory from the system` {
  @Test func `with an RNN`() async {
    await #expect(processExitsWith: .success) {
      try trainRecurrent(readout: { SGD(for: $0, learningRate: 0.01) }) {
        RNN(inputSize: 6, hiddenSize: 10, using: &$0)
      }
    }
  }

  @Test func `with an LSTM`() async {
    await #expect(processExitsWith: .success) {
      try trainRecurrent(readout: { RMSProp(for: $0, momentum: 0.9) }) {
        LSTM(inputSize: 6, hiddenSize: 10, using: &$0)
      }
    }
  }

  @Test func `with a GRU`() async {
    await #expect(processExitsWith: .success) {
      try trainRecurrent(readout: { Adagrad(for: $0) }) {
        GRU(inputSize: 6, hiddenSize: 10, using: &$0)
      }
    }
  }

  @Test func `with a GRU that resets before the product`() async {
    await #expect(processExitsWith: .success) {
      try trainRecurrent(readout: { AdamW(for: $0) }) {
        OriginalGRU(inputSize: 6, hiddenSize: 10, using: &$0)
      }
    }
  }

  @Test func `with a leaky network`() async {
    await #expect(processExitsWith: .success) {
      try trainRecurrent(readout: { AdamW(for: $0) }) {
        LeakyRNN(inputSize: 6, hiddenSize: 10, leak: 0.4, using: &$0)
      }
    }
  }

  @Test func `with a GRU without biases`() async {
    await #expect(processExitsWith: .success) {
      try trainRecurrent(readout: { SGD(for: $0, learningRate: 0.01) }) {
        GRU(inputSize: 6, hiddenSize: 10, bias: false, using: &$0)
      }
    }
  }

  @Test func `with two dense layers and a ReLU`() async {
    await #expect(processExitsWith: .success) {
      var random = RandomSource(seed: 1)
      var model = Sequential<Float> {
        Dense(inputSize: 6, outputSize: 10, using: &random)
        ReLU()
        Dense(inputSize: 10, outputSize: 4, using: &random)
      }
      var optimizer = SGD(for: model, learningRate: 0.01, momentum: 0.9)
      let x: Tensor<Float> = random.normal([9, 6])
      let labels = (0..<9).map { $0 % 4 }
      expectNoGrowth {
        let (logits, cache) = model.forward(x)
        let (_, gradient) = softmaxCrossEntropy(logits, labels)
        optimizer.update(&model, along: model.backward(gradient, cache).gradients)
      }
    }
  }

  @Test func `with accumulated gradients and averaged weights`() async {
    await #expect(processExitsWith: .success) {
      var random = RandomSource(seed: 1)
      var model = Sequential<Float> {
        Dense(inputSize: 6, outputSize: 10, using: &random)
        BatchNorm(channels: 10)
        ReLU()
        Dense(inputSize: 10, outputSize: 4, using: &random)
      }
      var optimizer = Adam(for: model)
      var average = MovingAverage(of: model, decay: 0.999, start: .warmup)
      var accumulator = GradientAccumulator<Sequential<Float>>()
      let x: Tensor<Float> = random.normal([9, 6])
      let labels = (0..<9).map { $0 % 4 }
      let weights = Tensor<Float>([1, 2, 0, 1])
      expectNoGrowth {
        for smoothing in [0, 0.1] {
          let (logits, cache) = model.forward(x, .training(seed: 1))
          let (_, gradient) = softmaxCrossEntropy(
            logits, labels, labelSmoothing: smoothing, classWeights: weights)
          accumulator.add(model.backward(gradient, cache).gradients, weight: smoothing + 1)
          model.updateBuffers(from: cache)
        }
        optimizer.update(&model, along: accumulator.takeMean())
        average.update(with: model)
      }
    }
  }

  #if canImport(Glibc)
    @Test(.enabled(if: MemoryInUse.isToldByTheLibrary, "a sanitizer replaces the heap"))
    func `and would be found out if it kept an object`() async {
      await #expect(processExitsWith: .success) {
        var kept: [[Int]] = []
        let (before, after) = MemoryInUse.around1000Steps { kept.append([kept.count]) }
        #expect(kept.count > 1000 && after.exceeds(before))
      }
    }
  #endif
}

/// Trains a recurrent network with Adam and clipped gradients, and the layer that reads its states
/// with another optimizer.
private func trainRecurrent<Cell: RecurrentCell<Float>, ReadoutOptimizer: Optimizer<Float>>(
  readout makeReadoutOptimizer: (Dense<Float>) -> ReadoutOptimizer,
  _ makeNetwork: (inout RandomSource) -> Recurrent<Cell>
) throws {
  var random = RandomSource(seed: 1)
  var network = makeNetwork(&random)
  var readout = Dense<Float>(inputSize: 10, outputSize: 4, using: &random)
  var optimizer = Adam(for: network)
  var readoutOptimizer = makeReadoutOptimizer(readout)
  let x: Tensor<Float> = random.normal([2, 3, 6])
  let labels = (0..<6).map { $0 % 4 }

  try expectNoGrowth {
    let (states, cache) = network.forward(x)
    let (logits, readoutCache) = readout.forward(states)
    let (_, logitsGradient) = softmaxCrossEntropy(logits, labels)
    let (statesGradient, readoutGradients) = readout.backward(logitsGradient, readoutCache)
    var (_, gradients) = network.backward(statesGradient, cache)
    let norm = try clipGradientNorm(&gradients, to: 1e-9)
    precondition(norm > 1e-9)
    optimizer.update(&network, along: gradients)
    readoutOptimizer.update(&readout, along: readoutGradients)
  }
}

private func expectNoGrowth(_ step: () throws -> Void) rethrows {
  let (before, after) = try MemoryInUse.around1000Steps(step)
  #expect(before.poolAllocations > 0)
  #expect(!after.exceeds(before), "\(after) after, \(before) before")
}
