#if !DEBUG
  import Backflow
  import Foundation
  import TestSupport
  import Testing

  /// Networks like that of the lesson on exploding gradients, trained until a value is not finite.
  @Suite struct `The warning of an explosion` {
    /// Trains a ReLU recurrence of 32 units with an orthogonal weight of this gain, by SGD with
    /// momentum 0.9, as in the lesson.
    private func train<Scalar: RealScalar>(
      gain: Double, pixels: Int, rate: Double, clip: Double?, seed: UInt64,
      _ monitor: ExponentMonitor<Scalar>
    ) -> MonitoredTraining {
      var random = RandomSource(seed: seed)
      let rnn = RNN<Scalar>(
        inputSize: pixels, hiddenSize: 32, nonlinearity: .relu,
        recurrentWeights: .orthogonal(gain: gain), using: &random)
      let reader = PixelReader(rnn, using: &random)
      var optimizer = SGD(for: reader, learningRate: rate, momentum: 0.9)
      return MonitoredTraining(reader, monitor, steps: 300, using: &random) { reader, gradients in
        // Clipping to a large number only throws an error if a gradient is not finite.
        try clipGradientNorm(&gradients, to: clip ?? 1e38)
        optimizer.update(&reader, along: gradients)
      }
    }

    /// The lesson's network of eight seeds that reads four or two pixels in each step, with and
    /// without loose clipping, in both precisions.
    private func trainings(rate: Double) -> [MonitoredTraining] {
      var all: [MonitoredTraining] = []
      for pixels in [4, 2] {
        for seed in 1...8 as ClosedRange<UInt64> {
          for clip in [nil, 1000] as [Double?] {
            all.append(
              train(
                gain: 1.8, pixels: pixels, rate: rate, clip: clip, seed: seed,
                ExponentMonitor<Float>()))
            all.append(
              train(
                gain: 1.8, pixels: pixels, rate: rate, clip: clip, seed: seed,
                ExponentMonitor<Double>()))
          }
        }
      }
      return all
    }

    @Test func `comes at the first step of the lesson's network, at every learning rate`() {
      var late = 0
      for rate in [0.02, 0.01, 0.005, 0.002, 0.001, 0.0005] {
        let all = trainings(rate: rate)
        #expect(all.allSatisfy { $0.warning == 0 }, "rate \(rate): \(all)")
        let ends = all.compactMap(\.end)
        late += ends.count { $0 >= 10 }
        CalibrationTable.write(
          "explosion", "\(rate)", "\(ends.count) of \(all.count)",
          "\(ends.min() ?? 0) … \(ends.max() ?? 0)", "\(ends.count { $0 >= 10 })",
          "\(all.count { $0.warning == 0 }) of \(all.count)",
          String(format: "%.3g", all.map(\.growth).min() ?? 0))
      }
      // Ten updates before the first value that is not finite.
      #expect(late >= 3)
    }

    /// The explosion of a network that does not expand at first takes a few updates.
    @Test func `comes late for a network that does not expand at first`() {
      var all: [Int] = []
      for gain in [1.0, 1.2, 1.4, 1.5] {
        var (runs, clipped): ([MonitoredTraining], [MonitoredTraining]) = ([], [])
        for pixels in [4, 2] {
          for rate in [0.05, 0.02] {
            for seed in 1...8 as ClosedRange<UInt64> {
              func run(clip: Double?) -> MonitoredTraining {
                train(
                  gain: gain, pixels: pixels, rate: rate, clip: clip, seed: seed,
                  ExponentMonitor<Float>(every: 1))
              }
              runs.append(run(clip: nil))
              if rate == 0.05 { clipped.append(run(clip: 1)) }
            }
          }
        }
        let leads = runs.compactMap { run in
          run.end.map { end in run.warning.map { end - $0 } ?? 0 }
        }.sorted()
        let median = leads.isEmpty ? 0 : leads[leads.count / 2]
        CalibrationTable.write(
          "abrupt", "\(gain)", "\(leads.count) of \(runs.count)",
          "\(leads.count { $0 >= 10 })", "\(median)", "\(leads.count { $0 == 0 })",
          "\(clipped.count { $0.end != nil }) of \(clipped.count)")
        #expect(clipped.allSatisfy { $0.end == nil }, "gain \(gain): \(clipped)")
        all += leads
      }
      // Most are warned of, if only by an update or two.
      #expect(all.count >= 10 && 2 * all.count { $0 >= 1 } > all.count, "\(all)")
    }
  }
#endif
