#if !DEBUG
  import Backflow
  import Foundation
  import TestSupport
  import Testing

  /// Failures planted in networks of seeds 1 to 20, each to be found by name in 19 of them at
  /// least.
  @Suite struct `A planted failure` {
    /// Where a failure was planted, and what came of it.
    private struct Outcome {
      let layer: String
      let monitor: HealthMonitor<Float>
      /// The units that the finding has to name first.
      var units: [Int] = []
      /// Another place that the same failure hits, which has to be named as well.
      var other: String?
    }

    private func expectFound(
      _ name: String, _ kind: Finding.Kind, isLocal: Bool = true,
      plant: (UInt64, inout RandomSource) throws -> Outcome
    ) rethrows {
      var (found, elsewhere) = (0, 0)
      var measured: [Double] = []
      for seed in 1...20 as ClosedRange<UInt64> {
        var random = RandomSource(seed: seed)
        let outcome = try plant(seed, &random)
        let findings = outcome.monitor.alarms.filter { $0.kind == kind }
        if let right = findings.first(where: {
          $0.layer == outcome.layer && $0.units.starts(with: outcome.units)
        }), outcome.other.map({ other in findings.contains { $0.layer == other } }) ?? true {
          found += 1
          measured.append(right.measured)
        }
        if findings.contains(where: { ![outcome.layer, outcome.other].contains($0.layer) }) {
          elsewhere += 1
        }
      }
      #expect(found >= 19, "\(name): \(found) of 20")
      #expect(elsewhere <= 1 || !isLocal, "\(name): other layers are named in \(elsewhere) of 20")
      CalibrationTable.planted(
        name, found: found, elsewhere: elsewhere,
        (measured.min() ?? .nan)...(measured.max() ?? .nan))
    }

    private func tanhNetwork(using random: inout RandomSource) -> Sequential<Float> {
      Sequential(
        [64, 48, 48, 48, 10], Tanh<Float>(), weights: .glorotUniform(), using: &random)
    }

    @Test func `of a layer saturated by its scale is found`() throws {
      try expectFound("saturation by scale", .saturation) { seed, random in
        var network = tanhNetwork(using: &random)
        let k = Int(seed) % 3
        network[dense: k].weight *= 20
        let training = try network.train(epochs: 1, steps: 20, using: &random)
        return Outcome(layer: "\(2 * k + 1) Tanh", monitor: training.monitor)
      }
    }

    @Test func `of units dead by their bias is found`() throws {
      try expectFound("dead units by bias", .deadUnits) { seed, random in
        var network = Sequential<Float>(
          [64, 48, 48, 48, 10], ReLU<Float>(), weights: .heUniform(), using: &random)
        let k = Int(seed) % 3
        // Half of the units; with all of them no unit above would be active.
        network[dense: k].bias = Tensor((0..<48).map { $0 < 24 ? -30 : 0 })
        let training = try network.train(epochs: 2, using: &random)
        return Outcome(
          layer: "\(2 * k + 1) ReLU", monitor: training.monitor,
          units: Array(0..<Finding.listedUnits))
      }
    }

    @Test func `of a signal that vanishes with depth is found`() throws {
      try expectFound("vanishing by depth", .vanishingGradient) { _, random in
        var network = Sequential<Float>(
          [64] + [Int](repeating: 32, count: 8) + [10], Sigmoid<Float>(),
          weights: .glorotUniform(), using: &random)
        let training = try network.train(epochs: 1, steps: 20, using: &random)
        return Outcome(layer: "0 Dense", monitor: training.monitor)
      }
    }

    @Test func `of a recurrence of spectral radius 1.3 is found`() {
      expectFound("exploding by ρ = 1.3", .explodingGradient) { _, random in
        let rnn = RNN<Float>(
          inputSize: 4, hiddenSize: 32, recurrentWeights: .orthogonal(gain: 1.3), using: &random)
        // One small pulse and forty steps of silence: the task of remembering it.
        var input = Tensor<Float>.zeros([40, 16, 4])
        input[0..<1] = random.normal([1, 16, 4], standardDeviation: 1e-4)
        let (states, cache) = rnn.forward(input)
        var top = Tensor<Float>.zeros(states.shape)
        top[39..<40] = random.normal([1, 16, 32])
        let (_, _, _, traces) = rnn.tracedBackward(top, cache)
        var monitor = HealthMonitor<Float>()
        monitor.observe(0) { $0.recordRecurrent("rnn", rnn, cache, traces: traces) }
        return Outcome(layer: "rnn.l0", monitor: monitor)
      }
    }

    @Test func `of a clip inside the square is found`() {
      expectFound("blocked gradient by a clip inside the square", .blockedGradient) {
        _, random in
        var network = Sequential<Float>(
          [8, 32, 1], Tanh<Float>(), weights: .glorotUniform(), using: &random)
        var optimizer = Adam(for: network)
        var monitor = HealthMonitor<Float>()
        for step in 0..<20 {
          let (values, cache) = network.forward(random.normal([32, 8]))
          // Temporal differences of a few units, as of rewards that are not scaled.
          let difference = values - random.normal([32, 1], standardDeviation: 3)
          let clipped = clippedSquare(Tensor<Double>(difference))
          let top = Tensor<Float>(clipped.gradient)
          let (_, gradients) = network.backward(top / 32, cache)
          optimizer.update(&network, along: gradients)
          monitor.observe(step) {
            $0.recordLoss("the temporal difference", entries: Tensor(clipped.values), gradient: top)
          }
        }
        return Outcome(layer: "the temporal difference", monitor: monitor)
      }
    }

    @Test func `of a frozen layer is found`() throws {
      try expectFound("frozen layer", .unchangedParameter) { seed, random in
        var network = tanhNetwork(using: &random)
        let k = Int(seed) % 4
        let training = try network.train(
          epochs: 1, steps: 20, using: &random,
          undo: { before, after in after[dense: k] = before[dense: k] })
        return Outcome(
          layer: "\(2 * k).weight", monitor: training.monitor, other: "\(2 * k).bias")
      }
    }

    @Test func `of a layer drawn constant is found`() throws {
      try expectFound("symmetric units", .symmetricUnits) { seed, random in
        var network = tanhNetwork(using: &random)
        let k = Int(seed) % 3
        network[dense: k].weight = Tensor(repeating: 0.05, shape: network[dense: k].weight.shape)
        // Equal units stay equal only if the layer above starts equal as well.
        let above = network[dense: k + 1].weight
        network[dense: k + 1].weight =
          above * 0 + above.mean(axis: 1).reshaped(to: [above.shape[0], 1])
        let training = try network.train(epochs: 1, steps: 3, using: &random)
        return Outcome(layer: "\(2 * k).weight", monitor: training.monitor)
      }
    }

    @Test func `of a start that is confidently wrong is found`() throws {
      try expectFound("confident start", .poorInitialization) { _, random in
        var network = tanhNetwork(using: &random)
        network[dense: 3].weight *= 10
        let training = try network.train(epochs: 1, steps: 1, using: &random)
        return Outcome(layer: "the loss", monitor: training.monitor)
      }
    }

    @Test func `of a learning rate that is far too large is found`() throws {
      try expectFound("learning rate × 300", .updateRatio, isLocal: false) { _, random in
        var network = tanhNetwork(using: &random)
        let training = try network.train(learningRate: 0.3, epochs: 1, steps: 10, using: &random)
        return Outcome(layer: "0.weight", monitor: training.monitor)
      }
    }

    @Test func `of a NaN in one gradient is found`() throws {
      try expectFound("NaN in one gradient", .nonFinite) { seed, random in
        var network = tanhNetwork(using: &random)
        let k = Int(seed) % 4
        let training = try network.train(
          epochs: 1, steps: 12, using: &random,
          spoil: { step, gradients in
            if step == 7 { gradients[dense: k].weight[1, 2] = .nan }
          })
        return Outcome(layer: "\(2 * k).weight", monitor: training.monitor)
      }
    }

    @Test func `of a limit that clips almost everything is found`() throws {
      try expectFound("clipping to 1/1000", .clipping) { _, random in
        var network = tanhNetwork(using: &random)
        let training = try network.train(epochs: 1, steps: 12, clip: 1e-3, using: &random)
        return Outcome(layer: "the gradients", monitor: training.monitor)
      }
    }
  }
#endif
