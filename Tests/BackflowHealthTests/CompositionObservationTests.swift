import Backflow
import TestSupport
import Testing

/// A user's layer: y = σ(g x), which shows its units.
private struct SteepSigmoid: Layer {
  var gain: Tensor<Double>

  struct Cache: Sendable {
    let input: Tensor<Double>
    let output: Tensor<Double>
  }

  func forward(_ input: Tensor<Double>) -> (output: Tensor<Double>, cache: Cache) {
    let output = sigmoid(input * gain)
    return (output, Cache(input: input, output: output))
  }

  func backward(
    _ outputGradient: Tensor<Double>, _ cache: Cache
  ) -> (inputGradient: Tensor<Double>, gradients: SteepSigmoid) {
    let slope = outputGradient * cache.output * (1 - cache.output)
    return (slope * gain, SteepSigmoid(gain: (slope * cache.input).asRows.sum(axis: 0)))
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Double>) { visit("gain", &gain) }

  func activations(in cache: Cache) -> [Activation<Double>] {
    [Activation(.sigmoid, output: cache.output)]
  }
}

/// A user's layer that shows nothing of what it does.
private struct OpaqueLayer: ParameterlessLayer {
  typealias Scalar = Double

  func forward(_ input: Tensor<Double>) -> (output: Tensor<Double>, cache: Tensor<Double>) {
    (input * 2, input)
  }

  func inputGradient(
    _ outputGradient: Tensor<Double>, _ cache: Tensor<Double>
  ) -> Tensor<Double> { outputGradient * 2 }
}

/// A user's container: y = head(trunk(x)), which hands the tracer on.
private struct TwoParts<Trunk: Layer<Double>, Head: Layer<Double>>: Layer {
  var trunk: Trunk
  var head: Head

  struct Cache: Sendable {
    let trunk: Trunk.Cache
    let head: Head.Cache
  }

  func forward(_ input: Tensor<Double>) -> (output: Tensor<Double>, cache: Cache) {
    let (hidden, trunkCache) = trunk.forward(input)
    let (output, headCache) = head.forward(hidden)
    return (output, Cache(trunk: trunkCache, head: headCache))
  }

  func backward(
    _ outputGradient: Tensor<Double>, _ cache: Cache
  ) -> (inputGradient: Tensor<Double>, gradients: TwoParts) {
    var tracer = BackwardTracer<Double>.off
    return backward(outputGradient, cache, &tracer)
  }

  func backward(
    _ outputGradient: Tensor<Double>, _ cache: Cache, _ tracer: inout BackwardTracer<Double>
  ) -> (inputGradient: Tensor<Double>, gradients: TwoParts) {
    let (hidden, headGradients) = tracer.backward(head, "head", outputGradient, cache.head)
    let (input, trunkGradients) = tracer.backward(trunk, "trunk", hidden, cache.trunk)
    return (input, TwoParts(trunk: trunkGradients, head: headGradients))
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Double>) {
    trunk.visitParameters(under: "trunk", visit)
    head.visitParameters(under: "head", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Double>) {
    trunk.visitBuffers(under: "trunk", visit)
    head.visitBuffers(under: "head", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    trunk.visitCounters(under: "trunk", visit)
    head.visitCounters(under: "head", visit)
  }
}

@Suite struct `A composition that is watched` {
  /// A monitor that has seen one step of `model`.
  private func monitor(
    _ model: some Layer<Double>, _ input: Tensor<Double>
  ) -> HealthMonitor<Double> {
    var monitor = HealthMonitor<Double>()
    monitor.judge(observation(model, input))
    return monitor
  }

  private func observation(
    _ model: some Layer<Double>, _ input: Tensor<Double>
  ) -> StepObservation<Double> {
    var random = RandomSource(seed: 2)
    let (output, cache) = model.forward(input)
    let top: Tensor<Double> = random.normal(output.shape)
    let (inputGradient, gradients, trace) = model.tracedBackward(top, cache)
    let plain = model.backward(top, cache)
    #expect(plain.inputGradient == inputGradient)
    #expect(plain.gradients.namedParameters.map(\.value) == gradients.namedParameters.map(\.value))
    var observation = StepObservation<Double>(step: 0)
    observation.recordNetwork(trace, output: output)
    return observation
  }

  /// Dense layers with a ReLU between them that is off for every example.
  private func dead(_ random: inout RandomSource) -> Sequential<Double> {
    Sequential {
      Dense(weight: random.normal([4, 3]), bias: Tensor(repeating: -100, shape: [4]))
      ReLU()
      Dense(inputSize: 4, outputSize: 3, using: &random)
    }
  }

  @Test func `shows a dead ReLU inside a residual layer`() throws {
    var random = RandomSource(seed: 1)
    let model = Sequential<Double> {
      Dense(inputSize: 3, outputSize: 3, using: &random)
      Residual(dead(&random))
      Dense(inputSize: 3, outputSize: 2, using: &random)
    }
    let input: Tensor<Double> = random.normal([6, 3])
    let finding = try #require(
      monitor(model, input).findings.first { $0.kind == .vanishingGradient })
    #expect(finding.layer == "1.body.1" && finding.severity == .failure)
    let seen = observation(model, input)
    #expect(seen.signals.map(\.layer) == ["0", "1", "2"])
    // The body is one layer to the residual layer, and three to itself.
    #expect(
      seen.innerSignals.map { $0.map(\.layer) } == [
        ["1.body.0", "1.body.1", "1.body.2"], ["1.body"],
      ])
    #expect(seen.opaqueLayers.isEmpty)
  }

  @Test func `shows a dead ReLU inside a nested sequence`() throws {
    var random = RandomSource(seed: 1)
    let model = Sequential<Double> {
      Dense(inputSize: 3, outputSize: 3, using: &random)
      Sequential<Double> { dead(&random) }
      Dense(inputSize: 3, outputSize: 2, using: &random)
    }
    let findings = monitor(model, random.normal([6, 3])).findings
    #expect(
      findings.contains { $0.kind == .vanishingGradient && $0.layer == "1.0.1" }, "\(findings)"
    )
  }

  @Test func `shows a saturated gate of an LSTM in a sequence, and what flows back in time`() throws
  {
    var random = RandomSource(seed: 3)
    let model = Sequential<Double> {
      Dense(inputSize: 3, outputSize: 3, using: &random)
      LSTM(inputSize: 3, hiddenSize: 8, forgetBias: 20, using: &random)
      Dense(inputSize: 8, outputSize: 2, using: &random)
    }
    let input: Tensor<Double> = random.normal([5, 4, 3])
    let finding = try #require(
      monitor(model, input).findings.first { $0.kind == .saturation })
    #expect(finding.layer == "1.l0" && finding.gate == "forget")
    #expect(finding.side == .high && finding.measured == 1)
    let seen = observation(model, input)
    #expect(seen.recurrences.map(\.layer) == ["1.l0"])
    #expect(seen.signals.map(\.layer) == ["0", "1", "2"])
    #expect(seen.opaqueLayers.isEmpty)
  }

  @Test func `shows the units of a user's layer`() throws {
    var random = RandomSource(seed: 4)
    let model = Sequential<Double> {
      Dense(inputSize: 3, outputSize: 4, using: &random)
      SteepSigmoid(gain: Tensor(repeating: 1e3, shape: [4]))
      Dense(inputSize: 4, outputSize: 2, using: &random)
    }
    let monitor = monitor(model, random.normal([20, 3]))
    let finding = try #require(monitor.findings.first { $0.kind == .saturation })
    #expect(finding.layer == "1" && finding.severity == .failure)
    #expect(monitor.opaqueLayers.isEmpty)
  }

  @Test func `lists what it could not look at`() {
    var random = RandomSource(seed: 5)
    let model = Sequential<Double> {
      Dense(inputSize: 3, outputSize: 3, using: &random)
      Residual(OpaqueLayer())
    }
    let monitor = monitor(model, random.normal([6, 3]))
    #expect(monitor.opaqueLayers == ["1.body"])
    #expect(
      "\(monitor)".contains(
        "\n1.body shows no units and no parts, so that nothing inside it was examined"))
  }

  @Test func `reaches into a user's container, also where it is the model`() {
    var random = RandomSource(seed: 6)
    let model = TwoParts(
      trunk: dead(&random), head: Dense(inputSize: 3, outputSize: 2, using: &random))
    let seen = observation(model, random.normal([6, 3]))
    #expect(seen.signals.map(\.layer) == ["trunk", "head"])
    #expect(seen.activations.map(\.layer) == ["trunk.1"])
    let nested = Sequential<Double> { model }
    #expect(
      observation(nested, random.normal([6, 3])).activations.map(\.layer) == ["0.trunk.1"])
  }

  @Test func `names the inner layer where a gradient stops being finite`() throws {
    var random = RandomSource(seed: 7)
    let model = Sequential<Double> {
      Residual(
        Sequential<Double> {
          Tanh()
          Dense(weight: Tensor(repeating: 1e300, shape: [3, 3]), bias: .zeros([3]))
          Dense(weight: Tensor(repeating: 1e300, shape: [3, 3]), bias: .zeros([3]))
        })
      Dense(inputSize: 3, outputSize: 3, using: &random)
    }
    let (_, cache) = model.forward(.zeros([2, 3]))
    let (_, _, trace) = model.tracedBackward(.ones([2, 3]), cache)
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) { $0.recordNetwork(trace) }
    let finding = try #require(monitor.findings.first { $0.kind == .nonFinite })
    #expect(finding.layer == "0.body.1", "\(finding)")
    #expect(finding.statement.contains("the gradient with respect to the input"))
  }
}
