#if !DEBUG
  import Backflow
  import Foundation
  import Testing

  /// The cost of an `ExponentMonitor`, which is measured only for the tables of docs/health.md.
  @Suite(.serialized, .enabled(if: CalibrationTable.isWanted))
  struct `The cost of the exponent` {
    /// Alternates a training step in single precision (32 samples, as many inputs as units, Adam,
    /// clipping) with an observation of it, and writes the ratio of the medians.
    private func measure<Cell: RecurrentCell<Float>>(
      _ name: String, time: Int, _ recurrence: Recurrent<Cell>
    ) throws {
      var random = RandomSource(seed: 1)
      var reader = PixelReader(recurrence, using: &random)
      var (optimizer, monitor) = (Adam(for: reader), ExponentMonitor<Float>())
      let labels = (0..<32).map { _ in random.integer(below: Digits.classCount) }
      let input: Tensor<Float> = random.normal([time, 32, recurrence.inputSize])
      var (steps, observations): ([Duration], [Duration]) = ([], [])
      let clock = ContinuousClock()
      for round in 0..<60 {
        let start = clock.now
        let (states, cache) = reader.recurrence.forward(input)
        let (last, lastCache) = LastStep().forward(states)
        let (logits, readoutCache) = reader.readout.forward(last)
        let (_, top) = softmaxCrossEntropy(logits, labels)
        var gradients = reader
        let lastGradient: Tensor<Float>
        (lastGradient, gradients.readout) = reader.readout.backward(top, readoutCache)
        (_, gradients.recurrence) = reader.recurrence.backward(
          LastStep().inputGradient(lastGradient, lastCache), cache)
        try clipGradientNorm(&gradients, to: 1)
        let before = reader
        optimizer.update(&reader, along: gradients)
        let middle = clock.now
        _ = monitor.observe(round * monitor.interval, "rnn", before.recurrence, cache)
        observations.append(clock.now - middle)
        steps.append(middle - start)
      }
      let (step, observation) = (steps.sorted()[30], observations.sorted()[30])
      CalibrationTable.write(
        "cost", "\(name), \(recurrence.hiddenSize) units, \(time) steps", text(step),
        text(observation),
        String(format: "%.2f %%", 100 * (observation / step) / Double(monitor.interval)))
    }

    private func text(_ duration: Duration) -> String {
      String(format: "%.3g ms", duration / .milliseconds(1))
    }

    @Test func `is a part of the time of a training step`() throws {
      for time in [32, 128] {
        for size in [32, 128, 256] {
          var random = RandomSource(seed: 1)
          try measure("RNN", time: time, RNN(inputSize: size, hiddenSize: size, using: &random))
          try measure("LSTM", time: time, LSTM(inputSize: size, hiddenSize: size, using: &random))
          try measure("GRU", time: time, GRU(inputSize: size, hiddenSize: size, using: &random))
        }
      }
    }
  }
#endif
