import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A stability report` {
  private func report<Cell: RecurrentCell<Double>>(
    _ network: Recurrent<Cell>, along sequence: Tensor<Double>? = nil, lengths: [Int]? = nil,
    steps: Int? = nil
  ) throws -> StabilityReport {
    var random = RandomSource(seed: 3)
    var options = Stability.Options()
    options.steps = steps
    options.samples = 2
    return try Stability.report(
      of: network, along: sequence, lengths: lengths, options: options, using: &random)
  }

  /// A tanh network of one layer without input and biases.
  private func network(_ weight: Tensor<Double>) -> RNN<Double> {
    RNN(cells: [
      [VanillaCell(GateWeights(input: .zeros([weight.shape[0], 1]), recurrent: weight))]
    ])
  }

  @Test func `of a network in single precision is that of its copy in double precision`() throws {
    var random = RandomSource(seed: 3)
    let network = RNN<Float>(inputSize: 2, hiddenSize: 6, layers: 2, using: &random)
    let sequence: Tensor<Float> = random.normal([60, 3, 2])
    var (first, second) = (random, random)
    let report = try Stability.report(of: network, along: sequence, using: &first)
    var options = Stability.Options()
    options.precision = Double(Float.ulpOfOne)
    let double = try Stability.report(
      of: RNN<Double>(network), along: Tensor(sequence), options: options, using: &second)
    #expect(report == double)
    #expect(report.layers.map(\.name) == ["weight_hh_l0", "weight_hh_l1"])
    let layer = report.layers[0]
    let spectrum = try #require(layer.weights).spectrum
    expectClose(
      [spectrum.spectralRadius, spectrum.largestSingularValue], [1, 1],
      Tolerance(Float.self, length: 6, scale: 1))
    // An orthogonal weight and a tanh that saturates: a gradient can only shrink.
    let horizon = try #require(layer.horizon)
    let all = horizon.counts.prefix { $0 == horizon.counts[0] }.count
    let norms = horizon.logNorms.prefix(all)
    #expect(norms.count > 20)
    #expect(zip(norms, norms.dropFirst()).allSatisfy { $0 > $1 })
    let trajectory = try #require(layer.trajectory)
    #expect(trajectory.largest < 0 && trajectory.samples == 3)
    #expect(trajectory.agreesWithTwoTrajectories && trajectory.agreesWithBackwardPass)
    #expect(try #require(trajectory.measuredSlope) <= 1)
    #expect(layer.verdict.reasons.contains { $0.contains("shrinks by a factor of") })
  }

  @Test func `has the closed form of a linear contraction`() throws {
    let report = try report(network(orthogonal(8) * 0.5), steps: 400)
    let layer = report.layers[0]
    #expect(layer.verdict.label == .mustVanish && report.verdict == .mustVanish)
    // The state goes to zero, where J = ½ Q.
    let trajectory = try #require(layer.trajectory)
    for exponent in trajectory.exponents { #expect(abs(exponent + Foundation.log(2)) < 1e-6) }
    let horizon = try #require(layer.horizon)
    #expect(horizon.steps == 20)
    #expect(layer.weights?.spectrum.verdict == .mustVanish)
    #expect(abs(horizon.predictedSteps - 19.93) < 0.01)
    #expect(try #require(layer.bounds).mustVanish)
    #expect(trajectory.kaplanYorke == 0 && trajectory.entropyRate == 0)
  }

  // ρ = ¾ and one fixed point, but most trajectories end on a 2-cycle with λ₁ = −0.3875458425.
  @Test func `follows a trajectory that the spectral radius does not predict`() throws {
    let report = try report(network(Tensor(rows: [[0.75, 3], [-0.75, -2.25]])), steps: 600)
    let layer = report.layers[0]
    #expect(layer.verdict.label == .undecided)
    let trajectory = try #require(layer.trajectory)
    #expect(abs(trajectory.largest + 0.3875458425) < 1e-8)
  }

  @Test func `of a gated network has its gates and what the whole state map allows`() throws {
    var random = RandomSource(seed: 5)
    var lstm = LSTM<Double>(inputSize: 2, hiddenSize: 6, bidirectional: true, using: &random)
    let x: Tensor<Double> = random.normal([300, 2, 2])
    let report = try report(lstm, along: x)
    #expect(report.layers.map(\.name) == ["weight_hh_l0", "weight_hh_l0_reverse"])
    #expect(report.layers[0].gates?.map(\.name) == ["i", "f", "g", "o"])
    #expect(report.layers[0].weights == nil)
    // Neither a block of the weights nor one Jacobian proves anything about many steps.
    for analysis in try #require(report.layers[0].gates).map(\.weights) + [
      try #require(report.layers[0].jacobian)
    ] {
      #expect(analysis.spectrum.verdict == nil && analysis.spectrum.slopeBound == nil)
    }
    let paths = try #require(report.layers[0].horizon?.paths)
    // The state of an open forget gate carries the largest part of the gradient.
    #expect(paths.gates.count == 4 && paths.gates.allSatisfy { $0 < paths.carried })
    for layer in report.layers {
      let trajectory = try #require(layer.trajectory)
      #expect(trajectory.exponents.count == 12 && trajectory.largest < 0)
      #expect(trajectory.agreesWithTwoTrajectories && trajectory.agreesWithBackwardPass)
      #expect(try #require(trajectory.sumRuleError) < 1e-9)
    }
    // Small weights satisfy a condition of contraction.
    for direction in 0..<2 {
      lstm.cells[0][direction].weights.recurrent *= 0.01
      lstm.cells[0][direction].weights.input *= 0.1
      lstm.cells[0][direction].weights.inputBias?[6..<12] = .zeros([6])
    }
    let small = try self.report(lstm, along: x)
    #expect(small.verdict == .mustVanish)
    let proven = try #require(small.layers[0].bounds?.recoverySteps)
    #expect(try #require(small.layers[0].recovery?.steps) <= proven)
    #expect(small.layers[0].verdict.reasons[0].hasPrefix("For every input of at most"))
  }

  // The state has 130 elements, so that its Jacobian is not analyzed as a matrix.
  @Test func `of a large gated network that expands says that it may explode`() throws {
    var random = RandomSource(seed: 8)
    var lstm = LSTM<Double>(inputSize: 1, hiddenSize: 65, using: &random)
    lstm.cells[0][0].weights.recurrent *= 20
    let layer = try report(lstm, steps: 200).layers[0]
    #expect(layer.jacobian == nil)
    #expect(try #require(layer.trajectory).largest > 0)
    #expect(layer.verdict.label == .mayExplode)
  }

  @Test func `reads no padding`() throws {
    var random = RandomSource(seed: 6)
    let network = GRU<Double>(inputSize: 2, hiddenSize: 4, using: &random)
    var x: Tensor<Double> = random.normal([80, 2, 2])
    for t in 50..<80 { for feature in 0..<2 { x[t, 1, feature] = .nan } }
    let padded = try report(network, along: x, lengths: [80, 50])
    for t in 50..<80 { for feature in 0..<2 { x[t, 1, feature] = 7 } }
    #expect(try report(network, along: x, lengths: [80, 50]) == padded)
    #expect(padded.layers[0].trajectory?.steps == 80 - 8 - 7 + 50 - 5 - 4)
  }

  @Test func `is refused with the reason`() throws {
    var random = RandomSource(seed: 3)
    var network = RNN<Double>(inputSize: 2, hiddenSize: 3, using: &random)
    #expect(throws: StabilityError.self) { try report(network, along: .zeros([4, 0, 2])) }
    var sick = Tensor<Double>.zeros([4, 2, 2])
    sick[1, 0, 0] = .nan
    #expect(throws: StabilityError.notFinite("the input sequence")) {
      try report(network, along: sick)
    }
    // A NaN before the end of a sample, and not only after it.
    #expect(throws: StabilityError.notFinite("the input sequence")) {
      try report(network, along: sick, lengths: [3, 3])
    }
    #expect(throws: StabilityError.stepsNotPositive(0)) { try report(network, steps: 0) }
    var options = Stability.Options()
    options.samples = 0
    #expect(throws: StabilityError.samplesNotPositive(0)) {
      try Stability.report(of: network, options: options, using: &random)
    }
    options = Stability.Options()
    options.horizonFactor = 2
    #expect(throws: StabilityError.factorOutOfRange(2)) {
      try Stability.report(of: network, options: options, using: &random)
    }
    network.cells[0][0].weights.recurrent[2, 0] = .nan
    #expect(throws: StabilityError.notFinite("the weights of a recurrent layer")) {
      try report(network)
    }
  }

  @Test func `ends where a state grows without bound`() throws {
    // A ReLU network that doubles its state at every step leaves the range of a double.
    let growing = RNN<Double>(cells: [
      [
        VanillaCell(
          GateWeights(input: .zeros([2, 1]), recurrent: .identity(2) * 2), nonlinearity: .relu)
      ]
    ])
    let layer = try report(growing, steps: 3000).layers[0]
    #expect(layer.verdict.label == .mayExplode)
    #expect(layer.setting.contains("cut off after 333 steps"))
    #expect(layer.verdict.reasons.contains { $0.contains("exceeds 1e+100 after 333 steps") })
  }

  @Test func `of a layer above one that grows ends with its input`() throws {
    let cells = [Nonlinearity.relu, .tanh].map { nonlinearity in
      VanillaCell(
        GateWeights<Double>(input: .identity(2), recurrent: .identity(2) * 2),
        nonlinearity: nonlinearity)
    }
    let layer = try report(RNN<Double>(cells: cells.map { [$0] }), steps: 3000).layers[1]
    #expect(layer.setting.contains("cut off after 33"))
    #expect(layer.verdict.reasons.contains { $0.hasPrefix("The input of this layer exceeds") })
    #expect(!layer.verdict.reasons.contains { $0.hasPrefix("The state itself grows") })
  }

  @Test func `has no sample that is shorter than the steps left out`() throws {
    var random = RandomSource(seed: 6)
    let network = GRU<Double>(inputSize: 2, hiddenSize: 4, using: &random)
    var options = Stability.Options()
    options.discardedSteps = 50
    let x: Tensor<Double> = random.normal([80, 2, 2])
    #expect(throws: StabilityError.noTrajectory("there are no steps after 50 discarded")) {
      try Stability.report(
        of: network, along: x, lengths: [80, 50], options: options, using: &random)
    }
    let report = try Stability.report(
      of: network, along: x, lengths: [80, 60], options: options, using: &random)
    #expect(report.layers[0].trajectory?.discardedSteps == 50)
  }

  @Test func `has times in milliseconds and pseudospectra if asked for`() throws {
    var random = RandomSource(seed: 6)
    var options = Stability.Options()
    (options.epsilons, options.millisecondsPerStep) = ([0.1], 20)
    let layer = try Stability.report(
      of: network(orthogonal(4) * 0.5), options: options, using: &random
    ).layers[0]
    // The resolvent norm of a normal matrix is the inverse distance from its eigenvalues.
    let level = try #require(layer.weights?.pseudospectra.first)
    #expect(abs(level.radius - 0.6) < 1e-8)
    let mode = try #require(layer.fixedPoints?.points.first?.modes.first)
    #expect(
      abs(try #require(mode.timeScaleMilliseconds).wrappedValue - 20 / Foundation.log(2)) < 1e-6)
    #expect(layer.description.contains("ms)"))
    options.millisecondsPerStep = 0
    #expect(throws: StabilityError.durationNotPositive(0)) {
      try Stability.report(of: network(orthogonal(4)), options: options, using: &random)
    }
  }

  // tanh(W h + U x) with x = W_out h is tanh((W + U W_out) h), which goes to zero.
  @Test func `has the exponents of the closed loop`() throws {
    var random = RandomSource(seed: 9)
    let weight = orthogonal(4) * 0.3
    let (input, output): (Tensor<Double>, Tensor<Double>) = (
      random.normal([4, 2]) * 0.1, random.normal([2, 4]) * 0.1
    )
    let cell = VanillaCell(GateWeights(input: input, recurrent: weight))
    var options = Stability.Options()
    (options.readout, options.samples) = (Readout(weight: output), 1)
    let layer = try Stability.report(
      of: RNN<Double>(cells: [[cell]]), along: random.normal([600, 1, 2]) * 0.1, options: options,
      using: &random
    ).layers[0]
    let closed = try #require(layer.closedLoop)
    let expected = try spectralRadius(of: weight + matmul(input, output))
    #expect(abs(closed.largest - Foundation.log(expected)) < 0.01)
    #expect(closed.agreesWithTwoTrajectories && closed.agreesWithBackwardPass)
    #expect(layer.description.contains("closed loop"))
    #expect(try #require(layer.fixedPoints?.points.first?.modes.first).readoutOverlap != nil)
  }

  @Test func `says that a linearization or a backward pass is wrong`() throws {
    var random = RandomSource(seed: 2)
    let x: Tensor<Double> = random.normal([300, 1, 2])
    let weights = VanillaCell<Double>(inputSize: 2, hiddenSize: 5, using: &random).weights
    let right = try report(RNN<Double>(cells: [[VanillaCell(weights)]]), along: x).layers[0]
    #expect(!right.description.contains("DIFFERS"))
    let first = try report(Recurrent(cells: [[WronglyLinearized(weights)]]), along: x).layers[0]
    let second = try report(Recurrent(cells: [[WrongBackward(weights)]]), along: x).layers[0]
    let (linearized, backward) = try (
      #require(first.trajectory), #require(second.trajectory)
    )
    // A factor of 1 + 1e-4 in each step.
    #expect(!linearized.agreesWithTwoTrajectories && !linearized.agreesWithBackwardPass)
    #expect(backward.agreesWithTwoTrajectories && !backward.agreesWithBackwardPass)
    #expect(first.verdict.reasons.contains { $0.contains("the Jacobians do not describe") })
    #expect(second.verdict.reasons.contains { $0.contains("the backward pass of the cell") })
    #expect(first.description.contains("DIFFERS") && second.description.contains("DIFFERS"))
  }

  @Test func `keeps what it has if a closed loop or a rounded weight overflows`() throws {
    var random = RandomSource(seed: 2)
    let cell = VanillaCell(
      GateWeights<Double>(input: .ones([1, 1]), recurrent: Tensor([0.5], shape: [1, 1])),
      nonlinearity: .relu)
    var options = Stability.Options()
    (options.readout, options.samples) = (Readout(weight: Tensor([2], shape: [1, 1])), 1)
    let input = Tensor<Double>.ones([400, 1, 1])
    let layer = try Stability.report(
      of: RNN(cells: [[cell]]), along: input, options: options, using: &random
    ).layers[0]
    // h′ = 2.5 h.
    #expect(
      abs(try #require(layer.closedLoop).largest - Foundation.log(2.5)) < 1e-9)
    #expect(layer.omissions.contains { $0.contains("grows without bound") })
    #expect(layer.trajectory?.steps == 324)
    options = Stability.Options()
    options.rounding = .float16
    let large = VanillaCell(
      GateWeights<Double>(input: .ones([1, 1]) * 1e5, recurrent: .zeros([1, 1])))
    let rounded = try Stability.report(
      of: RNN(cells: [[large]]), along: input, options: options, using: &random
    ).layers[0]
    #expect(rounded.rounded == nil && rounded.omissions.count == 1)
  }

  @Test func `does not call a short trajectory growth`() throws {
    var random = RandomSource(seed: 3)
    // A growing direction that the few steps cannot confirm.
    var network = RNN<Double>(inputSize: 2, hiddenSize: 6, using: &random)
    network.cells[0][0].weights.recurrent *= 1.2
    let layer = try report(network, along: random.normal([8, 2, 2]) * 0.01).layers[0]
    #expect(try #require(layer.trajectory).largest > 0.1)
    #expect(layer.verdict.reasons.contains { $0.contains("too short to tell") })
    #expect(!layer.verdict.reasons.contains { $0.contains("nearby states separate") })
  }

  @Test func `is written to JSON and read again`() throws {
    var random = RandomSource(seed: 4)
    let network = GRU<Double>(inputSize: 2, hiddenSize: 3, using: &random)
    let report = try report(network, along: random.normal([60, 2, 2]))
    let copy = try JSONDecoder().decode(
      StabilityReport.self, from: try JSONEncoder().encode(report))
    #expect(copy.layers[0].trajectory == report.layers[0].trajectory)
    #expect(copy.layers[0].gates == report.layers[0].gates)
    #expect(copy.layers[0].verdict == report.layers[0].verdict)
    let object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any])
    let layer = try #require((object["layers"] as? [[String: Any]])?.first)
    #expect(layer["hidden_size"] as? Int == 3 && layer["kind"] as? String == "gru")
    let gate = try #require((layer["gates"] as? [[String: Any]])?.first)
    for key in ["spectral_radius", "largest_singular_value", "henrici"] {
      #expect(gate[key] is Double)
    }
    #expect((gate["eigenvalues"] as? [[Double]])?.count == 3)
  }

  @Test func `is readable as text`() throws {
    let text = try "\(report(network(orthogonal(8) * 0.5), steps: 200))"
    #expect(text.contains("must vanish"))
    #expect(text.contains("without input"))
    #expect(text.contains("nats per step"))
  }
}

/// A tanh cell, parts of which a conforming type replaces by wrong ones.
private protocol TanhCell: RecurrentCell where Scalar == Double, State == Tensor<Double> {
  var inner: VanillaCell<Double> { get set }
}

extension TanhCell {
  static var layout: CellLayout { VanillaCell<Double>.layout }
  var weights: GateWeights<Double> {
    get { inner.weights }
    set { inner.weights = newValue }
  }
  func step(_ pass: borrowing ForwardPass<Double>) { inner.step(pass) }
  func stepBack(_ pass: borrowing BackwardPass<Double>) { inner.stepBack(pass) }
  func linearized(step: Int, sample: Int, _ cache: Cache) -> LinearizedStep<Double> {
    inner.linearized(step: step, sample: sample, cache)
  }
}

/// A cell whose Jacobian is too large by 1e-4.
private struct WronglyLinearized: TanhCell {
  var inner: VanillaCell<Double>
  init(_ weights: GateWeights<Double>) { inner = VanillaCell(weights) }
  func linearized(step: Int, sample: Int, _ cache: Cache) -> LinearizedStep<Double> {
    let right = inner.linearized(step: step, sample: sample, cache)
    return LinearizedStep(state: right.stateMatrix * 1.0001, input: right.inputMatrix)
  }
}

/// A cell whose backward pass has the slope of a sigmoid.
private struct WrongBackward: TanhCell {
  var inner: VanillaCell<Double>
  init(_ weights: GateWeights<Double>) { inner = VanillaCell(weights) }
  func stepBack(_ pass: borrowing BackwardPass<Double>) {
    VanillaCell(weights, nonlinearity: .sigmoid).stepBack(pass)
  }
}
