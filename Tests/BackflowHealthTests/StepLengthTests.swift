#if !DEBUG
  import Backflow
  import TestSupport
  import Testing

  /// Gradient descent on 200 digits, continued from a point with a step a little above or below the
  /// longest stable one.
  @Suite struct `A step of gradient descent on the digits` {
    private typealias Network = Sequential<Double>

    private static let batch = DigitData.training.samples(at: Array(0..<200))
    private static let images = Tensor<Double>(
      batch.images.reshaped(to: [batch.labels.count, 64]))

    private static let decay = 1e-2

    /// The cross-entropy.
    private static func loss(_ network: Network) -> (loss: Double, gradients: Network) {
      let (logits, cache) = network.forward(images)
      let (loss, top) = softmaxCrossEntropy(logits, batch.labels)
      return (loss, network.backward(top, cache).gradients)
    }

    /// The cross-entropy with the penalty of the weight decay, which the optimizer descends.
    private static func objective(_ network: Network) -> Double {
      network.namedParameters.reduce(loss(network).loss) {
        $0 + decay / 2 * dot($1.value.flattened, $1.value.flattened)
      }
    }

    /// A network near a minimum.
    private func trained(seed: UInt64) -> Network {
      var random = RandomSource(seed: seed)
      var network = Network([
        Dense(inputSize: 64, outputSize: 16, using: &random), Tanh(),
        Dense(inputSize: 16, outputSize: 10, using: &random),
      ])
      var optimizer = SGD(
        for: network, learningRate: 0.05, momentum: 0.9, weightDecay: Self.decay)
      for _ in 0..<1000 { optimizer.update(&network, along: Self.loss(network).gradients) }
      return network
    }

    /// The objectives after steps of `ratio` times the longest stable length, and the findings.
    private func continued(
      _ network: Network, ratio: Double
    ) throws -> (objectives: [Double], findings: [Finding]) {
      var (network, monitor) = (network, SharpnessMonitor<Network>(tolerance: 1e-6))
      let λ = try monitor.measure(network, gradient: Self.loss).largest.value + Self.decay
      var optimizer = SGD(for: network, learningRate: ratio * 2 / λ, weightDecay: Self.decay)
      let findings = try monitor.observe(0, network, optimizer, gradient: Self.loss)
      expectClose([monitor.latest?.stepRatio ?? .nan], [ratio], Tolerance(1e-5, scale: ratio))
      var objectives = [Self.objective(network)]
      for _ in 0..<150 {
        optimizer.update(&network, along: Self.loss(network).gradients)
        objectives.append(Self.objective(network))
      }
      return (objectives, findings)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `raises the loss at 1.1 of the limit and lowers it at 0.9`(seed: UInt64) throws {
      let network = trained(seed: seed)
      let (rising, findings) = try continued(network, ratio: 1.1)
      let (falling, none) = try continued(network, ratio: 0.9)
      print("digits step", seed, rising[0], rising.max() ?? 0, rising[150], falling[150])
      #expect((rising.max() ?? 0) > 1.01 * rising[0])
      #expect(falling.max() == falling[0])
      #expect(falling[150] < falling[0])
      #expect(none.isEmpty)
      let finding = try #require(findings.first)
      #expect(finding.kind == .unstableStep && finding.severity == .warning)
      #expect(finding.statement.hasPrefix("the step is 1.1 times the longest stable one"))
    }
  }
#endif
