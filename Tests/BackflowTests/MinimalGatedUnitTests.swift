import Backflow
import TestSupport
import Testing

/// What a recurrent cell of one file gets from the library, through the public interface alone.
@Suite struct `A cell outside the library` {
  private func network(
    layers: Int = 1, bidirectional: Bool = false
  ) -> Recurrent<MinimalGatedUnit<Double>> {
    var random = RandomSource(seed: 4)
    var network = Recurrent<MinimalGatedUnit<Double>>(
      inputSize: 2, hiddenSize: 3, layers: layers, bidirectional: bidirectional, using: &random)
    network.visitParameters { name, parameter in
      if name.hasPrefix("bias") { parameter = random.normal(parameter.shape) }
    }
    return network
  }

  @Test(arguments: [false, true], [nil, [4, 1, 0], [2, 4, 4]])
  func `agrees with finite differences in layers, directions and ragged batches`(
    bidirectional: Bool, lengths: [Int]?
  ) {
    var random = RandomSource(seed: 5)
    let network = network(layers: 2, bidirectional: bidirectional)
    let states: [Tensor<Double>] = network.zeroState(batch: 3).map { random.normal($0.shape) }
    let check = GradientCheck(
      DifferentiableFunction(
        network, input: random.normal([4, 3, 2]), initialState: states, lengths: lengths),
      using: &random)
    #expect(check.passes(tolerance: 1e-7), "\(check)")
    var wrong = check.analytic
    wrong[0] = wrong[0] * 1.01
    #expect(!check.comparing(wrong).passes(tolerance: 1e-7))
  }

  @Test func `follows its equations, unit by unit`() {
    var random = RandomSource(seed: 6)
    let network = network()
    let weights = network.cells[0][0].weights
    let x: Tensor<Double> = random.normal([5, 2, 2])
    var h = Tensor<Double>.zeros([2, 3])
    var expected: [Double] = []
    for t in 0..<5 {
      let a =
        matmul(x.select(t), weights.input.transposed) + weights.biasSum
      let f = sigmoid(
        a.slice(0..<3, axis: 1) + matmul(h, weights.recurrent(gate: 0).transposed))
      let n = tanh(
        a.slice(3..<6, axis: 1) + matmul(f * h, weights.recurrent(gate: 1).transposed))
      h = (1 - f) * h + f * n
      expected += h.elements
    }
    expectClose(
      network.forward(x).output.elements, expected, Tolerance(Double.self, length: 30, scale: 1))
  }

  @Test func `runs step by step as over the sequence`() {
    var random = RandomSource(seed: 7)
    let network = network(layers: 2)
    let x: Tensor<Double> = random.normal([5, 2, 2])
    let (output, finalState, _) = network.forward(x, initialState: nil)
    var stream = network.stream(batch: 2)
    let tolerance = Tolerance(Double.self, length: 30, scale: 1)
    for t in 0..<5 {
      expectClose(stream.step(x.select(t)).elements, output.select(t).elements, tolerance)
    }
    for (one, other) in zip(stream.states, finalState) {
      expectClose(one.elements, other.elements, tolerance)
    }
  }

  @Test func `is traced, and the trace's first entry is the initial state's gradient`() {
    var random = RandomSource(seed: 8)
    let network = network(layers: 2)
    let (output, _, cache) = network.forward(random.normal([5, 2, 2]), initialState: nil)
    let upstream: Tensor<Double> = random.normal(output.shape)
    let (input, initial, gradients, traces) = network.tracedBackward(upstream, cache)
    let plain = network.backward(upstream, finalStateGradient: nil, cache)
    #expect(input == plain.inputGradient)
    #expect(initial == plain.initialStateGradient)
    #expect(
      gradients.namedParameters.map(\.value) == plain.gradients.namedParameters.map(\.value))
    #expect(traces.map { $0.stateGradients[0].select(0) } == initial)
  }

  @Test func `has a Jacobian by its backward step`() {
    var random = RandomSource(seed: 9)
    let cell = network().cells[0][0]
    let all = ActiveSamples.all(time: 1, batch: 1)
    let x: Tensor<Double> = random.normal([1, 1, 2])
    let h: Tensor<Double> = random.normal([1, 3])
    let cache = cell.forward(x, from: h, active: all).cache
    let jacobian = cell.stateJacobian(step: 0, sample: 0, cache)
    let step = 1e-5
    for column in 0..<3 {
      func after(_ displacement: Double) -> Tensor<Double> {
        var h = h
        h[0, column] += displacement
        return cell.forward(x, from: h, active: all).finalState
      }
      let difference = (after(step) - after(-step)) / (2 * step)
      expectClose(
        jacobian.select(column, axis: 1).elements, difference.elements, Tolerance(1e-8, scale: 1))
    }
  }

  @Test func `has a stability report`() throws {
    var random = RandomSource(seed: 9)
    let sequence: Tensor<Double> = random.normal([200, 2, 2])
    let report = try Stability.report(of: network(), along: sequence, using: &random)
    let trajectory = try #require(report.layers.first?.trajectory)
    #expect(report.layers[0].kind == .other && report.layers[0].gates?.count == 2)
    #expect(trajectory.agreesWithTwoTrajectories && trajectory.agreesWithBackwardPass)
  }

  @Test func `is seen by the health monitor inside a composition`() {
    var random = RandomSource(seed: 10)
    var network = network()
    // Every forget gate is closed.
    network.cells[0][0].weights.inputBias?[0..<3] = Tensor(repeating: -30, shape: [3])
    let model = Sequential<Double> {
      Residual(Sequential<Double> { Dense(inputSize: 2, outputSize: 2, using: &random) })
      network
      LastStep()
      Dense(inputSize: 3, outputSize: 2, using: &random)
    }
    let (output, cache) = model.forward(random.normal([6, 4, 2]))
    let (_, _, trace) = model.tracedBackward(random.normal(output.shape), cache)
    var observation = StepObservation<Double>(step: 0)
    observation.recordNetwork(trace, output: output)
    var health = HealthMonitor<Double>()
    health.judge(observation)
    #expect(
      health.findings.contains {
        $0.kind == .saturation && $0.layer == "1.l0" && $0.gate == "forget"
      }, "\(health.findings)")
    #expect(health.opaqueLayers.isEmpty)
  }

  @Test func `is saved and read`() throws {
    let directory = try TemporaryDirectory()
    let model = network(layers: 2, bidirectional: true)
    try Checkpoint(model).writeDirectory(to: directory.file("mgu"))
    var other = Recurrent(cells: model.cells.map { $0.map { MinimalGatedUnit($0.zeroed) } })
    try other.load(Checkpoint(contentsOf: directory.file("mgu")))
    #expect(other.namedParameters.map(\.value) == model.namedParameters.map(\.value))
    #expect(other.namedParameters.map(\.name).contains("weight_hh_l1_reverse"))
  }
}

extension MinimalGatedUnit {
  fileprivate var zeroed: GateWeights<Scalar> {
    var weights = weights
    weights.visitParameters { _, parameter in parameter = .zeros(parameter.shape) }
    return weights
  }
}
