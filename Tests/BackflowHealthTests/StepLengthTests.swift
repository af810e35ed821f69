#if !DEBUG
  import Backflow
  import TestSupport
  import Testing

  /// Gradient descent on 200 digits, continued next to a minimum with a step a little above or
  /// below the longest stable one.
  ///
  /// A loss is close to a quadratic there, so that the linear theory holds: along the eigenvector
  /// of the largest eigenvalue, a step of r times the longest stable length multiplies the distance
  /// from the minimum by 1 − 2r. Far from a minimum the curvature changes along the way, and the
  /// loss may fall with steps that were too long where it was measured.
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

    /// A minimum of the objective, and a network next to it.
    private func trained(
      _ network: Network, using random: inout RandomSource
    ) -> (minimum: Double, start: Network) {
      var network = network
      var optimizer = SGD(
        for: network, learningRate: 0.05, momentum: 0.9, weightDecay: Self.decay)
      for _ in 0..<4000 { optimizer.update(&network, along: Self.loss(network).gradients) }
      let minimum = Self.objective(network)
      network.visitParameters { _, parameter in
        parameter += random.normal(parameter.shape, standardDeviation: 1e-6)
      }
      return (minimum, network)
    }

    /// The objectives before each of 120 steps of `ratio` times the longest stable length, and what
    /// the monitor says before the first.
    private struct Continuation {
      let objectives: [Double]
      let findings: [Finding]
      let description: String

      init(_ network: Network, ratio: Double, momentum: Double) throws {
        var (network, monitor) = (network, SharpnessMonitor<Network>(tolerance: 1e-6))
        let λ = try monitor.measure(network, gradient: loss).largest.value + decay
        var optimizer = SGD(
          for: network, learningRate: ratio * 2 * (1 + momentum) / λ, momentum: momentum,
          weightDecay: decay)
        findings = try monitor.observe(0, network, optimizer, gradient: loss)
        description = monitor.latest?.description ?? ""
        expectClose([monitor.latest?.stepRatio ?? .nan], [ratio], Tolerance(1e-5, scale: ratio))
        var objectives: [Double] = []
        for _ in 0..<120 {
          objectives.append(objective(network))
          optimizer.update(&network, along: loss(network).gradients)
        }
        self.objectives = objectives
      }
    }

    /// Expects that the loss rises at 1.1 and falls at 0.9, and that the monitor says which.
    private func check(_ network: Network, momentum: Double, _ name: String) throws -> Continuation
    {
      let rising = try Continuation(network, ratio: 1.1, momentum: momentum)
      #expect((rising.objectives.max() ?? 0) > 1.05 * rising.objectives[0], "\(name)")
      #expect(rising.findings.map(\.kind) == [.unstableStep], "\(name)")
      let prefix = "the step is 1.1 times the longest stable one"
      #expect(rising.findings.allSatisfy { $0.statement.hasPrefix(prefix) }, "\(name)")
      #expect(rising.description.contains("so that the loss rises"), "\(name)")

      let falling = try Continuation(network, ratio: 0.9, momentum: momentum)
      #expect(falling.objectives[119] < falling.objectives[0], "\(name)")
      // With momentum, a loss oscillates on its way down.
      if momentum == 0 { #expect(falling.objectives.max() == falling.objectives[0], "\(name)") }
      #expect(falling.findings.isEmpty, "\(name)")
      #expect(falling.description.contains("so that the loss does not rise"), "\(name)")
      return rising
    }

    @Test(arguments: [0, 0.9])
    func `raises a convex loss at 1.1 of the limit at the rate of the theory, lowers it at 0.9`(
      momentum β: Double
    ) throws {
      // The larger root of z² − (1 + β)(1 − 2r)z + β, the characteristic polynomial of a step at r
      // times the limit.
      let trace = (1 + β) * (1 - 2 * 1.1)
      let z = (trace.magnitude + (trace * trace - 4 * β).squareRoot()) / 2
      for seed in 1...3 as ClosedRange<UInt64> {
        var random = RandomSource(seed: seed)
        let regression = Network([Dense(inputSize: 64, outputSize: 10, using: &random)])
        let (minimum, start) = trained(regression, using: &random)
        let rising = try check(start, momentum: β, "seed \(seed)")
        // The start is 1e-11 or less above the minimum. Beyond 1e-9, the other eigenvectors no
        // longer contribute; below 1e-4, the third derivative contributes little. It alternates
        // with the sign of the distance, so that the rate is that of two steps.
        let excess = rising.objectives.map { $0 - minimum }
        #expect(excess[0] < 1e-11)
        let rates = excess.indices.dropFirst().dropLast().filter {
          (1e-9...1e-4).contains(excess[$0])
        }.map { (excess[$0 + 1] / excess[$0 - 1]).squareRoot() }
        #expect(rates.count >= 5)
        expectClose(
          rates, rates.map { _ in z * z }, Tolerance(0.02 * z * z, scale: z * z), "seed \(seed)")
      }
    }

    @Test(arguments: [0, 0.9])
    func `raises the loss of a small network at 1.1 of the limit and lowers it at 0.9`(
      momentum: Double
    ) throws {
      for seed in 1...3 as ClosedRange<UInt64> {
        var random = RandomSource(seed: seed)
        let perceptron = Network([
          Dense(inputSize: 64, outputSize: 16, using: &random), Tanh(),
          Dense(inputSize: 16, outputSize: 10, using: &random),
        ])
        let (_, start) = trained(perceptron, using: &random)
        _ = try check(start, momentum: momentum, "seed \(seed)")
      }
    }
  }
#endif
