import Backflow
import BackflowKernels
import Testing

@Suite struct `A training step in the steady state` {
  // In a process of its own: the pool is the process's.
  @Test func `asks the system for no memory`() async {
    await #expect(processExitsWith: .success) {
      var random = RandomSource(seed: 1)
      var rnn = RNN<Float>(inputSize: 6, hiddenSize: 10, using: &random)
      var readout = Dense<Float>(inputSize: 10, outputSize: 4, using: &random)
      var rnnOptimizer = Adam(for: rnn)
      var readoutOptimizer = SGD(for: readout, learningRate: 0.01, momentum: 0.9)
      let x: Tensor<Float> = random.normal([5, 3, 6])
      let labels = (0..<15).map { $0 % 4 }

      func step() throws {
        let (states, rnnCache) = rnn.forward(x)
        let (logits, readoutCache) = readout.forward(states)
        let (_, logitsGradient) = softmaxCrossEntropy(logits, labels)
        var (statesGradient, readoutGradients) = readout.backward(logitsGradient, readoutCache)
        statesGradient *= 2
        var (_, rnnGradients) = rnn.backward(statesGradient, rnnCache)
        try clipGradientNorm(&rnnGradients, to: 1)
        rnnOptimizer.update(&rnn, along: rnnGradients)
        readoutOptimizer.update(&readout, along: readoutGradients)
      }
      for _ in 0..<3 { try step() }
      let before = StoragePool.statistics
      for _ in 0..<1000 { try step() }
      let after = StoragePool.statistics
      precondition(before.systemAllocations > 0)
      precondition(after.systemAllocations == before.systemAllocations)
      precondition(after.liveBytes == before.liveBytes)
    }
  }
}
