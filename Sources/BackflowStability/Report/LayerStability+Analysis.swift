internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

extension LayerStability {
  /// The largest state whose Jacobian is analyzed as a matrix.
  private static let largestJacobian = 128

  /// Analyzes one cell along the trajectories of a forward pass. `progress` is called with the
  /// completed share.
  init<Cell: RecurrentCell<Double>>(
    name: String, _ cell: Cell, _ cache: Cell.Cache, setting: String,
    _ options: Stability.Options, using random: inout RandomSource,
    progress: (_ share: Double) -> Void
  ) throws(StabilityError) {
    let equations = cell.equations
    let slope = equations.slopeBound
    let precision = options.precision ?? .ulpOfOne
    self.name = name
    (kind, hiddenSize) = (equations.name, cell.hiddenSize)

    let blocks = cell.weights.recurrent.shape[0] / max(1, cell.hiddenSize)
    var analyses: [GateStability] = []
    recurrentBlocks = (0..<blocks).map { cell.weights.recurrent(gate: $0) }
    for (block, label) in zip(recurrentBlocks, equations.gateNames(count: blocks)) {
      progress(0.3 * Double(analyses.count) / Double(blocks))
      analyses.append(
        GateStability(
          name: label,
          weights: try MatrixAnalysis(
            of: block, slopeBound: slope,
            effort: options.effort ?? (cell.hiddenSize <= 64 ? .standard : .quick),
            precision: precision)))
    }
    weights = blocks == 1 ? analyses[0].weights : nil
    gates = blocks == 1 ? nil : analyses
    bounds = try equations.contraction(of: cell.weights, inputBound: cache.inputBound)

    var samples: [TrajectoryStability.Sample] = []
    var (last, discarded, shortest): (Tensor<Double>?, Int, Int?) = (nil, 0, nil)
    var first: Trajectory<CellRecurrence<Cell>>?
    let count = cache.hidden.shape[1]
    for sample in 0..<count {
      progress(0.3 + 0.6 * Double(sample) / Double(count))
      guard let recurrence = CellRecurrence(cell, sample: sample, of: cache) else { continue }
      let total = recurrence.stepLimit ?? 0
      if total < cache.steps(sample) { shortest = min(shortest ?? total, total) }
      discarded = min(options.discardedSteps ?? total / 10, total - 1)
      let trajectory = try Trajectory(of: recurrence, discarding: discarded)
      first = first ?? trajectory
      let result = try TrajectoryStability.Sample(
        trajectory, hasOneGate: blocks == 1, options, using: &random)
      samples.append(result)
      if last == nil, cell.stateSize <= LayerStability.largestJacobian {
        let steps = recurrence.linearize(
          total - 1..<total, from: cache.state(sample, before: total))
        last = steps[0].derivative.matrix
      }
    }
    guard let first else { throw .noTrajectory("every sample has a length of 0") }
    let trajectory = TrajectoryStability(samples, discarded: discarded)
    (self.trajectory, lastJacobian) = (trajectory, last)
    horizon = GradientHorizon(
      along: first, factor: options.horizonFactor, rate: trajectory.largest, using: &random)
    progress(0.9)
    if let last {
      jacobian = try MatrixAnalysis(of: last, effort: .quick)
    } else {
      jacobian = nil
    }
    self.setting =
      setting + (shortest.map { ", cut off at a state of 1e100 after \($0) steps" } ?? "")
    fixedPoints = try LayerStability.fixedPoints(of: cell, cache, options, using: &random)
    rounded = try first.recurrence.rounded(
      options, discarding: first.steps.lowerBound, using: &random)
    verdict = StabilityVerdict(
      equations, weights: weights, bounds: bounds, jacobian: jacobian, trajectory,
      divergesAfter: shortest)
  }
}

extension LayerStability {
  /// The largest state whose fixed points are sought by default.
  private static let largestSearch = 512

  /// Seeks the fixed points under the mean input of the first sample, from states of its trajectory
  /// and from random ones.
  private static func fixedPoints<Cell: RecurrentCell<Double>>(
    of cell: Cell, _ cache: Cell.Cache, _ options: Stability.Options,
    using random: inout RandomSource
  ) throws(StabilityError) -> FixedPoints? {
    let size = cell.stateSize
    let starts = options.fixedPointStarts ?? (size <= 64 ? 64 : size <= largestSearch ? 4 : 0)
    guard starts > 0, let sample = CellRecurrence(cell, sample: 0, of: cache) else { return nil }
    let steps = sample.stepLimit ?? 0
    let recurrence = CellRecurrence(
      cell, constantInput: cache.input[0..<steps].select(0, axis: 1).mean(axis: 0))
    let visited = (0..<min(4, steps)).map {
      cache.state(0, before: steps - $0 * steps / 4)
    }
    var settings = FixedPointSettings()
    settings.randomStarts = starts
    if size > 64 { settings.slowPoints = 0 }
    return try FixedPoints(
      of: recurrence, from: .stack(visited), settings: settings, using: &random)
  }
}

extension TrajectoryStability.Sample {
  init<R: Recurrence>(
    _ trajectory: Trajectory<R>, hasOneGate: Bool, _ options: Stability.Options,
    using random: inout RandomSource
  ) throws(StabilityError) {
    spectrum = try LyapunovSpectrum(
      along: trajectory,
      count: options.exponentCount(stateSize: trajectory.recurrence.stateSize), using: &random)
    twoTrajectories = .ofTwoTrajectories(
      along: trajectory, expected: spectrum.largest, using: &random)
    backward = .ofBackwardPass(along: trajectory, expected: spectrum.largest, using: &random)
    measuredSlope = hasOneGate ? trajectory.largestRecurrentFactor() : nil
  }
}

extension Trajectory {
  /// The largest factor of W_hh in the Jacobians, or `nil` if they are not in factors with one
  /// gate.
  func largestRecurrentFactor() -> Double? {
    var largest: Double?
    forEachPiece { _, steps in
      for step in steps {
        guard let factor = (step.derivative as? LinearizedStep<Double>)?.soleGateFactor else {
          continue
        }
        largest = max(largest ?? 0, factor.maxMagnitude())
      }
    }
    return largest
  }
}

extension CellRecurrence {
  /// The figures with rounded weights, if the options ask for them.
  fileprivate func rounded(
    _ options: Stability.Options, discarding discarded: Int, using random: inout RandomSource
  ) throws(StabilityError) -> RoundedWeights? {
    guard let precision = options.rounding else { return nil }
    do {
      return try RoundedWeights(
        of: self, to: precision, discarding: discarded, factor: options.horizonFactor,
        using: &random)
    } catch .stability(let error) {
      throw error
    } catch {
      throw .notRounded("\(error)")
    }
  }

  /// The trajectory of one row of a cache as long as its state is bounded, or `nil` if the sample
  /// has no such steps.
  init?(_ cell: Cell, sample: Int, of cache: Cell.Cache) {
    let steps = cache.boundedSteps(sample)
    guard steps > 0 else { return nil }
    self.init(
      cell, reading: cache.input[0..<steps].select(sample, axis: 1),
      from: cache.state(sample, before: 0))
  }
}

extension RecurrentCache where State.Scalar == Double {
  /// The largest absolute value of the input.
  fileprivate var inputBound: Double? { input.isEmpty ? nil : input.maxMagnitude() }

  /// The number of steps of a row.
  fileprivate func steps(_ sample: Int) -> Int {
    (0..<hidden.shape[0]).prefix { active[$0] > sample }.count
  }

  /// The number of steps before the state of a row exceeds 1e100, beyond which products overflow.
  fileprivate func boundedSteps(_ sample: Int) -> Int {
    func isBounded(_ values: Tensor<Double>) -> Bool {
      values.isFinite && values.maxMagnitude() <= 1e100
    }
    let (count, states) = (steps(sample), [hidden] + (cellState.map { [$0] } ?? []))
    if states.allSatisfy(isBounded) { return count }
    return (0..<count).prefix { step in
      states.allSatisfy { isBounded($0.select(step).select(sample)) }
    }.count
  }

  /// The state of a row before a step, [S].
  fileprivate func state(_ sample: Int, before step: Int) -> Tensor<Double> {
    func row(_ initial: Tensor<Double>, _ sequence: Tensor<Double>) -> Tensor<Double> {
      (step == 0 ? initial : sequence.select(step - 1)).select(sample)
    }
    var parts = [row(initialState.hidden, hidden)]
    if let cells = cellState, let initial = initialState.cellState {
      parts.append(row(initial, cells))
    }
    return .concatenate(parts)
  }
}

extension CellEquations {
  /// The name in a report.
  var name: String {
    switch self {
    case .leaky(_, let leak): leak == 1 ? "rnn" : "leaky"
    case .lstm: "lstm"
    case .gru: "gru"
    case .originalGRU: "original_gru"
    case .other: "other"
    }
  }

  /// sup φ′ of the nonlinearity of the only gate, or 1.
  var slopeBound: Double {
    guard case .leaky(let nonlinearity, _) = self else { return 1 }
    return nonlinearity.slopeBound
  }

  /// PyTorch's letters of the gates.
  func gateNames(count: Int) -> [String] {
    switch self {
    case .lstm: ["i", "f", "g", "o"]
    case .gru, .originalGRU: ["r", "z", "n"]
    case .leaky: ["h"]
    case .other: (0..<count).map { "gate \($0)" }
    }
  }

  /// What the weights prove, or `nil` for other equations.
  func contraction(
    of weights: GateWeights<Double>, inputBound: Double?
  ) throws(StabilityError) -> ContractionReport? {
    switch self {
    case .leaky(let nonlinearity, let leak):
      guard leak > 0 else { return nil }
      return try .leaky(
        recurrentWeight: weights.recurrent, slopeBound: nonlinearity.slopeBound, leak: leak)
    case .lstm: return try .lstm(weights, inputBound: inputBound)
    case .gru: return try .gru(weights, reset: .afterProduct, inputBound: inputBound)
    case .originalGRU: return try .gru(weights, reset: .beforeProduct, inputBound: inputBound)
    case .other: return nil
    }
  }
}
