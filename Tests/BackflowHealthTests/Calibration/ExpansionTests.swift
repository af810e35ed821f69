#if !DEBUG
  import Backflow
  import Foundation
  import TestSupport
  import Testing

  /// Recurrent networks on the digits, whose dominant exponent is measured at every step.
  @Suite struct `The exponent in training` {
    private struct Run {
      /// The first step with a finding.
      var warning: Int?
      /// The first step with a loss or gradient that is not finite.
      var end: Int?
      /// The largest ln of the growth.
      var logGrowth = -Double.infinity
    }

    /// Trains a reader of `pixels` pixels in each step. `update` clips and applies the gradients,
    /// and throws where they are not finite.
    private func run<Cell: RecurrentCell<Float>>(
      _ recurrence: Recurrent<Cell>, pixels: Int, steps: Int, seed: UInt64,
      _ update: (inout WatchedReader<Cell>, WatchedReader<Cell>) throws -> Void
    ) -> Run {
      var random = RandomSource(seed: seed)
      var reader = WatchedReader(recurrence, using: &random)
      var (run, monitor) = (Run(), ExponentMonitor<Float>(every: 1))
      for step in 0..<steps {
        let digits = DigitData.training.samples(
          at: (0..<32).map { _ in random.integer(below: DigitData.training.labels.count) })
        let x = digits.images.reshaped(to: [32, 64 / pixels, pixels]).permuted([1, 0, 2])
        let (states, cache) = reader.recurrence.forward(x)
        let (last, lastCache) = LastStep().forward(states)
        let (logits, readoutCache) = reader.readout.forward(last)
        let (loss, top) = softmaxCrossEntropy(logits, digits.labels)
        var gradients = reader
        let lastGradient: Tensor<Float>
        (lastGradient, gradients.readout) = reader.readout.backward(top, readoutCache)
        (_, gradients.recurrence) = reader.recurrence.backward(
          LastStep().inputGradient(lastGradient, lastCache), cache)
        let findings = monitor.observe(step, "rnn", reader.recurrence, cache)
        if run.warning == nil, findings.contains(where: { $0.kind == .expandingRecurrence }) {
          run.warning = step
        }
        run.logGrowth = max(run.logGrowth, monitor.latest[0].logGrowth)
        guard loss.isFinite, (try? update(&reader, gradients)) != nil else {
          run.end = step
          break
        }
      }
      return run
    }

    /// The network of the lesson on exploding gradients, trained without clipping.
    @Test func `warns of the lesson's explosion at the first step`() {
      var (exploded, late) = (0, 0)
      for (size, gain, rate) in [
        (32, 1.8, 0.02), (32, 1.8, 0.01), (64, 1.8, 0.015), (24, 1.9, 0.01),
      ] {
        for seed in 1...8 as ClosedRange<UInt64> {
          var random = RandomSource(seed: seed)
          let rnn = RNN<Float>(
            inputSize: 4, hiddenSize: size, nonlinearity: .relu,
            recurrentWeights: .orthogonal(gain: gain), using: &random)
          var optimizer: SGD<Float>?
          let run = run(rnn, pixels: 4, steps: 150, seed: seed) { reader, gradients in
            var gradients = gradients
            try clipGradientNorm(&gradients, to: .greatestFiniteMagnitude)
            var next = optimizer ?? SGD(for: reader, learningRate: rate, momentum: 0.9)
            next.update(&reader, along: gradients)
            optimizer = next
          }
          guard let end = run.end else { continue }
          exploded += 1
          if end >= 10 { late += 1 }
          // A training of less than ten updates can only be warned of at its first step.
          #expect(
            run.warning.map { $0 <= max(0, end - 10) } == true,
            "size \(size), gain \(gain), rate \(rate), seed \(seed): \(run)")
          print(
            "planted | expansion | \(size), \(gain), \(rate), \(seed) | \(end) | \(run.warning ?? -1) |"
          )
        }
      }
      #expect(exploded >= 8 && late >= 1)
    }

    private func expectSilence<Cell: RecurrentCell<Float>>(
      _ name: String, rate: Double = 0.003, steps: Int = 500,
      _ make: (inout RandomSource) -> Recurrent<Cell>
    ) {
      var largest = -Double.infinity
      for seed in 1...3 as ClosedRange<UInt64> {
        var random = RandomSource(seed: seed)
        let recurrence = make(&random)
        var optimizer: Adam<Float>?
        let run = run(recurrence, pixels: recurrence.inputSize, steps: steps, seed: seed) {
          reader, gradients in
          var gradients = gradients
          try clipGradientNorm(&gradients, to: 1)
          var next = optimizer ?? Adam(for: reader, learningRate: rate)
          next.update(&reader, along: gradients)
          optimizer = next
        }
        #expect(run.warning == nil && run.end == nil, "\(name), seed \(seed): \(run)")
        largest = max(largest, run.logGrowth)
      }
      CalibrationTable.growth(name, largest)
    }

    @Test func `is silent in healthy trainings`() {
      expectSilence("RNN, tanh, 64 units") { RNN(inputSize: 8, hiddenSize: 64, using: &$0) }
      expectSilence("RNN, ReLU, 32 units, 16 steps") {
        RNN(inputSize: 4, hiddenSize: 32, nonlinearity: .relu, using: &$0)
      }
      expectSilence("LSTM, 32 units", rate: 0.01) { LSTM(inputSize: 8, hiddenSize: 32, using: &$0) }
      expectSilence("GRU, 64 units") { GRU(inputSize: 8, hiddenSize: 64, using: &$0) }
    }

    /// The sum of two marked numbers of a sequence (Hochreiter and Schmidhuber 1997).
    @Test func `is silent in the adding problem with an orthogonal weight`() throws {
      let (time, batch, size) = (50, 32, 48)
      var random = RandomSource(seed: 1)
      var rnn = RNN<Float>(
        inputSize: 2, hiddenSize: size, recurrentWeights: .orthogonal(), using: &random)
      var readout = Dense<Float>(inputSize: size, outputSize: 1, using: &random)
      var (first, second) = (Adam(for: rnn), Adam(for: readout))
      var monitor = ExponentMonitor<Float>(every: 1)
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
        first.update(&rnn, along: gradients)
        second.update(&readout, along: readoutGradients)
      }
    }
  }
#endif
