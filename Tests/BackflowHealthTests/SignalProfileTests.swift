import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The profile of a backward signal` {
  private func profile(
    _ network: Sequential<Double>, _ input: Tensor<Double>, gradient: Tensor<Double>
  ) throws -> SignalProfile {
    let (_, cache) = network.forward(input)
    let (_, _, trace) = network.tracedBackward(gradient, cache)
    var observation = StepObservation<Double>(step: 0)
    observation.recordNetwork(trace)
    return try #require(SignalProfile(observation.signals))
  }

  private func scalarSigmoids(_ depth: Int) -> Sequential<Double> {
    Sequential {
      for _ in 0..<depth {
        Dense<Double>(weight: .ones([1, 1]), bias: .zeros([1]))
        Sigmoid<Double>()
      }
    }
  }

  @Test func `falls by σ′ = 0.2247043 a layer at the fixed point of the sigmoid`() throws {
    let point = Tensor([0.6590460684074069], shape: [1, 1])
    let profile = try profile(scalarSigmoids(12), point, gradient: .ones([1, 1]))
    for entry in profile.entries {
      let factor = entry.kind == .activation ? 0.2247043 : 1
      expectClose([entry.factor], [factor], Tolerance(5e-8, scale: factor))
    }
    let expected = (0..<24).map { pow(0.224704348, Double((24 - $0) / 2)) }
    for (norm, expected) in zip(profile.relativeNorms, expected) {
      expectClose([norm], [expected], Tolerance(1e-6 * expected, scale: expected))
    }
    expectClose(
      [profile.normBelow], [pow(0.224704348, 12)], Tolerance(1e-13, scale: pow(0.2247, 12)))
  }

  @Test(arguments: [(5, 9.765625e-4), (10, 9.5367431640625e-7)])
  func `of sigmoids is at most a quarter to the power of their number`(
    depth: Int, bound: Double
  ) throws {
    for input in [-3.0, 0, 0.5, 4] {
      let profile = try profile(
        scalarSigmoids(depth), Tensor([input], shape: [1, 1]), gradient: .ones([1, 1]))
      #expect(profile.normBelow <= bound && profile.normBelow > 0)
    }
    // a = 0 in every layer, where σ′ is ¼: the bound is reached.
    let centered = Sequential {
      for _ in 0..<depth {
        Dense<Double>(weight: .ones([1, 1]), bias: Tensor([-0.5]))
        Sigmoid<Double>()
      }
    }
    let profile = try profile(centered, Tensor([0.5], shape: [1, 1]), gradient: .ones([1, 1]))
    #expect(profile.normBelow == bound)
  }

  @Test func `splits a deep network into weights and nonlinearities`() throws {
    var random = RandomSource(seed: 4)
    let sizes = [5, 7, 6, 8, 3]
    let layers = zip(sizes, sizes.dropFirst()).map { size, next in
      Dense<Double>(inputSize: size, outputSize: next, using: &random)
    }
    let network = Sequential<Double> {
      for layer in layers {
        layer
        Tanh<Double>()
      }
    }
    let x: Tensor<Double> = random.normal([4, 5])
    let top: Tensor<Double> = random.normal([4, 3])
    // δ_l = φ′(a_l) ⊙ (δ_{l+1} W_{l+1}), by hand, from the top.
    var outputs = [x]
    for layer in layers {
      outputs.append(tanh(matmul(outputs[outputs.count - 1], layer.weight.transposed)))
    }
    var (weights, activations) = (1.0, 1.0)
    var signal = top
    for (k, layer) in layers.enumerated().reversed() {
      let slope = 1 - outputs[k + 1].squared()
      let inner = signal * slope
      let below = matmul(inner, layer.weight)
      // The profile's factor is of what lies above layer 0.
      activations *= inner.norm() / signal.norm()
      if k > 0 { weights *= below.norm() / inner.norm() }
      signal = below
    }
    let profile = try profile(network, x, gradient: top)
    let (byWeights, byActivations) = (
      profile.factor(.weight, above: 0), profile.factor(.activation, above: 0)
    )
    #expect(byWeights.count == 3 && byActivations.count == 4)
    expectClose(
      [byWeights.product, byActivations.product], [weights, activations],
      Tolerance(Double.self, length: 64, scale: min(weights, activations)))
    expectClose(
      [profile.normBelow, profile.relativeNorms[0]],
      [signal.norm(), weights * activations],
      Tolerance(Double.self, length: 64, scale: weights * activations))
    #expect(profile.entries.map(\.layer).prefix(2) == ["0", "1"])
  }

  @Test
  func
    `multiplies its factors to the gradient that arrives, with normalization and any nonlinearities`()
    throws
  {
    var random = RandomSource(seed: 24)
    let network = Sequential<Double> {
      Dense(inputSize: 5, outputSize: 6, using: &random)
      BatchNorm(channels: 6)
      LeakyReLU()
      Dense(inputSize: 6, outputSize: 6, using: &random)
      ELU()
      Dense(inputSize: 6, outputSize: 6, using: &random)
      GELU()
      Sequential<Double> {
        Dense(inputSize: 6, outputSize: 3, using: &random)
        Tanh()
      }
      SiLU()
      Softplus()
    }
    let (_, cache) = network.forward(random.normal([8, 5]), .training(seed: 1))
    let (_, _, trace) = network.tracedBackward(random.normal([8, 3]), cache)
    var observation = StepObservation<Double>(step: 0)
    observation.recordNetwork(trace)
    let profile = try #require(SignalProfile(observation.signals))
    let factors = SignalKind.allCases.map { profile.factor($0, above: 0) }
    #expect(factors.map(\.count) == [2, 5, 2])
    expectClose(
      [factors.reduce(1) { $0 * $1.product }], [profile.relativeNorms[0]],
      Tolerance(Double.self, length: 64, scale: profile.relativeNorms[0]))
    #expect(observation.activations.map(\.layer) == ["7.1"])
    // The statement tells all of the factors.
    var thresholds = Thresholds()
    thresholds.vanished = .infinity
    var monitor = HealthMonitor<Double>(thresholds: thresholds)
    let finding = try #require(monitor.judge(observation).first { $0.kind == .vanishingGradient })
    #expect(finding.statement.contains("2 weights") && finding.statement.contains("2 other layers"))
  }

  @Test func `is none without a signal`() {
    #expect(SignalProfile([LayerSignal<Double>]()) == nil)
    for gradient in [0, Double.nan, .infinity] {
      var observation = StepObservation<Double>(step: 0)
      let top = Tensor(repeating: gradient, shape: [1, 1])
      observation.recordSignal("layer", .weight, outputGradient: top, inputGradient: top)
      #expect(SignalProfile(observation.signals) == nil)
    }
  }
}

@Suite struct `A vanishing or exploding signal` {
  /// Layers that multiply the signal by these factors on its way down, the lowest first.
  private func observation(_ factors: [Double]) -> StepObservation<Double> {
    var observation = StepObservation<Double>(step: 0)
    for (k, factor) in factors.enumerated() {
      let above = factors[(k + 1)...].reduce(1, *)
      observation.recordSignal(
        "\(k)", .weight, outputGradient: Tensor([above]), inputGradient: Tensor([above * factor]))
    }
    return observation
  }

  private func findings(
    _ factors: [Double], _ change: (inout Thresholds) -> Void = { _ in }
  ) -> [Finding] {
    var thresholds = Thresholds()
    change(&thresholds)
    var monitor = HealthMonitor<Double>(thresholds: thresholds)
    return monitor.judge(observation(factors))
  }

  @Test func `names the lowest layer that gets too little gradient`() throws {
    // What reaches layers 0, 1, 2: 1e-4, 1e-2, 1.
    let finding = try #require(findings([1, 1e-2, 1e-2, 1]).first)
    #expect(finding.kind == .vanishingGradient && finding.layer == "0")
    #expect(finding.severity == .warning)
    expectClose([finding.measured], [1e-4], Tolerance(1e-18, scale: 1e-4))
    // Further down it recovers, so the one with too little gradient is in the middle.
    #expect(findings([1, 1e4, 1e-4, 1]).map(\.layer) == ["1"])
    #expect(findings([1, 1e-4, 1e-4, 1]).map(\.severity) == [.failure])
    #expect(
      findings([1, 1e-2, 1e-2, 1]) { $0.vanishedFailure = 1e-3 }.map(\.severity) == [.failure])
  }

  @Test func `names the lowest layer that gets too much gradient`() throws {
    let finding = try #require(findings([1, 1e2, 1e2, 1]).first)
    #expect(finding.kind == .explodingGradient && finding.layer == "0")
    expectClose([finding.measured], [1e4], Tolerance(1e-10, scale: 1e4))
  }

  @Test func `is not reported for three orders of magnitude or less`() {
    #expect(findings([1, 0.0011, 1]).isEmpty && findings([1, 990, 1]).isEmpty)
    #expect(!findings([1, 0.00099, 1]).isEmpty && !findings([1, 1001, 1]).isEmpty)
  }

  @Test func `follows the thresholds`() {
    #expect(findings([1, 0.05, 1]) { $0.vanished = 0.1 }.map(\.kind) == [.vanishingGradient])
    #expect(findings([1, 20, 1]) { $0.exploded = 10 }.map(\.kind) == [.explodingGradient])
  }

  @Test func `is not taken for one where a gradient is NaN`() {
    #expect(findings([1, .nan, 1]).map(\.kind) == [.nonFinite])
  }
}
