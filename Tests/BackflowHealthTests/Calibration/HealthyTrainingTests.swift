#if !DEBUG
  import Backflow
  import Foundation
  import TestSupport
  import Testing

  /// Trainings that reach the accuracy they should, with the library's defaults, seeds 1 to 10.
  @Suite struct `A healthy training` {
    private func expectNoAlarms(
      _ name: String, accuracy: Double, _ train: (UInt64) throws -> WatchedTraining
    ) rethrows {
      var (alarms, observations, worst) = (0, 0, 1.0)
      var figures = ObservedFigures()
      for seed in 1...10 as ClosedRange<UInt64> {
        let training = try train(seed)
        #expect(training.monitor.alarms.isEmpty, "seed \(seed): \(training.monitor)")
        #expect(training.accuracy > accuracy, "seed \(seed) is no healthy training")
        alarms += training.monitor.alarms.isEmpty ? 0 : 1
        observations += training.monitor.observations
        worst = min(worst, training.accuracy)
        figures.add(training.figures)
      }
      CalibrationTable.healthy(
        name, observations: observations, alarms: alarms, accuracy: worst, figures)
    }

    @Test func `of the vanilla reader of digits raises no alarm`() throws {
      try expectNoAlarms("RNN, tanh, 64 units", accuracy: 0.93) { seed in
        var random = RandomSource(seed: seed)
        var reader = WatchedReader(
          RNN<Float>(inputSize: 8, hiddenSize: 64, using: &random), using: &random)
        return try reader.train(ConstantSchedule(0.003), epochs: 40, using: &random) {
          $0.recordRecurrent("rnn", $1, $2, traces: $3)
        }
      }
    }

    @Test func `of rectified layers raises no alarm`() throws {
      try expectNoAlarms("ReLU, 64-64-64-10", accuracy: 0.94) { seed in
        var random = RandomSource(seed: seed)
        var network = Sequential<Float>(
          [64, 64, 64, 10], ReLU<Float>(), weights: .heUniform(), using: &random)
        return try network.train(epochs: 40, using: &random)
      }
    }

    @Test func `of tanh layers raises no alarm`() throws {
      try expectNoAlarms("tanh, 64-48-48-48-10", accuracy: 0.94) { seed in
        var random = RandomSource(seed: seed)
        var network = Sequential<Float>(
          [64, 48, 48, 48, 10], Tanh<Float>(), weights: .glorotUniform(), using: &random)
        return try network.train(epochs: 20, using: &random)
      }
    }

    @Test func `of an LSTM raises no alarm`() throws {
      try expectNoAlarms("LSTM, 32 units", accuracy: 0.85) { seed in
        var random = RandomSource(seed: seed)
        var reader = WatchedReader(
          LSTM<Float>(inputSize: 8, hiddenSize: 32, using: &random), using: &random)
        let schedule = CosineSchedule(0.01, steps: 45 * 10)
        return try reader.train(schedule, epochs: 10, using: &random) {
          $0.recordRecurrent("rnn", $1, $2, traces: $3)
        }
      }
    }
  }
#endif
