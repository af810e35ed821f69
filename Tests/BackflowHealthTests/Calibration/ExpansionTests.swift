#if !DEBUG
  import Backflow
  import Foundation
  import TestSupport
  import Testing

  /// Recurrent networks that train well, with Adam and clipping to 1, seeds 1 to 3, whose exponent
  /// is measured at every step.
  @Suite struct `The exponent of a healthy training` {
    private func expectSilence<Cell: RecurrentCell<Float>>(
      _ name: String, rate: Double = 0.003, _ make: (inout RandomSource) -> Recurrent<Cell>
    ) {
      var growth = 0.0
      for seed in 1...3 as ClosedRange<UInt64> {
        var random = RandomSource(seed: seed)
        let reader = PixelReader(make(&random), using: &random)
        var optimizer = Adam(for: reader, learningRate: rate)
        let run = MonitoredTraining(
          reader, ExponentMonitor(every: 1), steps: 500, using: &random
        ) { reader, gradients in
          try clipGradientNorm(&gradients, to: 1)
          optimizer.update(&reader, along: gradients)
        }
        #expect(run.warning == nil && run.end == nil, "\(name), seed \(seed): \(run)")
        growth = max(growth, run.growth)
      }
      CalibrationTable.write("growth", name, String(format: "%.3g", growth))
    }

    @Test func `raises no warning on the digits`() {
      expectSilence("RNN, tanh, 64 units, 8 steps") {
        RNN(inputSize: 8, hiddenSize: 64, using: &$0)
      }
      expectSilence("RNN, ReLU, 32 units, 16 steps") {
        RNN(inputSize: 4, hiddenSize: 32, nonlinearity: .relu, using: &$0)
      }
      for size in [32, 64, 128] {
        expectSilence("LSTM, \(size) units, 8 steps", rate: 0.01) {
          LSTM(inputSize: 8, hiddenSize: size, using: &$0)
        }
      }
      expectSilence("GRU, 64 units, 8 steps") { GRU(inputSize: 8, hiddenSize: 64, using: &$0) }
    }

    /// The sum of two marked numbers of a sequence (Hochreiter and Schmidhuber 1997).
    @Test func `raises no warning in the adding problem with an orthogonal weight`() throws {
      let (time, batch, size) = (50, 32, 48)
      var random = RandomSource(seed: 1)
      var rnn = RNN<Float>(
        inputSize: 2, hiddenSize: size, recurrentWeights: .orthogonal(), using: &random)
      var readout = Dense<Float>(inputSize: size, outputSize: 1, using: &random)
      var (first, second) = (Adam(for: rnn), Adam(for: readout))
      var (monitor, growth) = (ExponentMonitor<Float>(every: 1), 0.0)
      for step in 0..<500 {
        let values = random.uniform([time, batch, 1], in: 0..<1, as: Float.self)
        var marks = [Float](repeating: 0, count: time * batch)
        for sample in 0..<batch {
          for half in 0..<2 {
            marks[(half * time / 2 + random.integer(below: time / 2)) * batch + sample] = 1
          }
        }
        let marked = Tensor(marks, shape: [time, batch, 1])
        let (states, cache) = rnn.forward(.concatenate([values, marked], axis: 2))
        let (last, lastCache) = LastStep().forward(states)
        let (sum, readoutCache) = readout.forward(last)
        let (_, top) = meanSquaredError(sum, (values * marked).sum(axis: 0))
        let (lastGradient, readoutGradients) = readout.backward(top, readoutCache)
        var (_, gradients) = rnn.backward(
          LastStep().inputGradient(lastGradient, lastCache), cache)
        try clipGradientNorm(&gradients, to: 1)
        #expect(monitor.observe(step, "rnn", rnn, cache).isEmpty)
        growth = monitor.latest.reduce(growth) { max($0, $1.growth) }
        first.update(&rnn, along: gradients)
        second.update(&readout, along: readoutGradients)
      }
      CalibrationTable.write(
        "growth", "RNN, tanh, 48 units, 50 steps (adding problem, one seed)",
        String(format: "%.3g", growth))
    }
  }
#endif
