internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

extension LayerStability {
  /// The largest state whose Jacobian is analyzed as a matrix.
  private static let largestJacobian = 128

  /// Analyzes one cell along the runs of several samples. `progress` is called with the
  /// completed share.
  init<Cell: RecurrentCell<Double>>(
    name: String, _ cell: Cell, _ runs: [SampleRun], setting: String, isDriven: Bool,
    _ options: Stability.Options, using random: inout RandomSource,
    progress: (_ share: Double) -> Void
  ) throws(StabilityError) {
    let equations = cell.equations
    self.name = name
    (kind, hiddenSize) = (LayerKind(equations), cell.hiddenSize)
    self.isDriven = isDriven
    var omissions: [String] = []

    let blocks = cell.weights.recurrent.shape[0] / max(1, cell.hiddenSize)
    recurrentBlocks = (0..<blocks).map { cell.weights.recurrent(gate: $0) }
    var analyses: [GateStability] = []
    for (block, label) in zip(recurrentBlocks, kind.gateNames(count: blocks)) {
      progress(0.3 * Double(analyses.count) / Double(blocks))
      analyses.append(
        GateStability(
          name: label,
          weights: try MatrixAnalysis(
            of: block, slopeBound: equations.slopeBound,
            effort: options.effort ?? (cell.hiddenSize <= 64 ? .standard : .quick),
            epsilons: options.epsilons, precision: options.precision ?? .ulpOfOne)))
    }
    weights = blocks == 1 ? analyses[0].weights : nil
    gates = blocks == 1 ? nil : analyses

    bounds = try equations.contraction(
      of: cell.weights, inputBound: runs.compactMap(\.largestInput).max())
    var samples: [TrajectoryStability.Sample] = []
    var first: Trajectory<CellRecurrence<Cell>>?
    for (sample, run) in runs.enumerated() where run.steps > 0 {
      progress(0.3 + 0.6 * Double(sample) / Double(runs.count))
      let trajectory = try Trajectory(
        of: CellRecurrence(cell, along: run),
        discarding: options.discardedSteps ?? run.steps / 10)
      first = first ?? trajectory
      samples.append(
        try TrajectoryStability.Sample(
          trajectory, hasOneGate: blocks == 1, options, using: &random))
    }
    guard let first else { throw .noTrajectory("no sample has a step with finite values") }
    let trajectory = TrajectoryStability(samples)
    self.trajectory = trajectory
    closedLoop = try options.readout.flatMap { readout throws(StabilityError) in
      try TrajectoryStability(
        ofClosedLoop: ClosedLoop(
          cell, readout: readout.weight, bias: readout.bias, from: first.end),
        steps: first.steps.count, options, &omissions, using: &random)
    }
    progress(0.9)
    horizon = GradientHorizon(
      along: first, factor: options.horizonFactor, rate: trajectory.largest, using: &random)
    recovery = DisturbanceRecovery(along: first, using: &random)
    lastJacobian = cell.stateSize <= LayerStability.largestJacobian ? first.lastJacobian : nil
    jacobian = try lastJacobian.map { matrix throws(StabilityError) in
      try MatrixAnalysis(of: matrix, effort: .quick)
    }
    if jacobian == nil {
      omissions.append(
        "The last Jacobian was not analyzed as a matrix: the state has \(cell.stateSize) elements,"
          + " more than \(LayerStability.largestJacobian).")
    }
    if options.fixedPointStarts == nil, cell.stateSize > LayerStability.largestSearch {
      omissions.append(
        "Fixed points were not sought: the state has \(cell.stateSize) elements, more than"
          + " \(LayerStability.largestSearch).")
    }
    // What fails here does not take away the rest of the report.
    do {
      fixedPoints = try LayerStability.fixedPoints(along: first, options, using: &random)
    } catch {
      fixedPoints = nil
      omissions.append("Fixed points were not found: \(error).")
    }
    do {
      rounded = try first.recurrence.rounded(
        options, discarding: first.steps.lowerBound, using: &random)
    } catch {
      rounded = nil
      omissions.append("The report with rounded weights is missing: \(error).")
    }
    self.omissions = omissions
    let end = runs.filter { $0.divergence != nil }.min { $0.steps < $1.steps }
    self.setting = setting + (end.map { ", cut off after \($0.steps) steps" } ?? "")
    verdict = StabilityVerdict(
      equations, weights: weights, bounds: bounds, jacobian: jacobian, trajectory, end: end)
  }
}

extension LayerStability {
  /// The largest state whose fixed points are sought by default.
  private static let largestSearch = 512

  /// Seeks the fixed points under the mean input of a sample, from states of its trajectory and
  /// from random ones.
  private static func fixedPoints<Cell: RecurrentCell<Double>>(
    along trajectory: Trajectory<CellRecurrence<Cell>>, _ options: Stability.Options,
    using random: inout RandomSource
  ) throws(StabilityError) -> FixedPoints? {
    let sample = trajectory.recurrence
    let size = sample.stateSize
    let starts = options.fixedPointStarts ?? (size <= 64 ? 64 : size <= largestSearch ? 4 : 0)
    guard starts > 0 else { return nil }
    var settings = FixedPointSettings()
    settings.randomStarts = starts
    settings.millisecondsPerStep = options.millisecondsPerStep
    settings.readout = options.readout?.weight
    if size > 64 { settings.slowPoints = 0 }
    return try FixedPoints(
      of: CellRecurrence(sample.cell, constantInput: sample.meanInput),
      from: trajectory.states(count: 4), settings: settings, using: &random)
  }
}

extension TrajectoryStability {
  /// The exponents of a closed loop up to a step at which its state is not bounded, or `nil` if
  /// there is no step before.
  fileprivate init?<Cell: RecurrentCell<Double>>(
    ofClosedLoop loop: ClosedLoop<Cell>, steps: Int, _ options: Stability.Options,
    _ omissions: inout [String], using random: inout RandomSource
  ) throws(StabilityError) {
    let bounded = loop.boundedSteps(atMost: steps)
    if bounded < steps {
      omissions.append(
        "On its own predictions, the state grows without bound: it exceeds"
          + " \(SampleRun.limit.text(significantDigits: 1)) after \(bounded)"
          + " step\(bounded == 1 ? "" : "s").")
    }
    guard bounded > 0 else { return nil }
    self.init([
      try Sample(
        Trajectory(of: loop, steps: bounded), hasOneGate: false, options, using: &random)
    ])
  }
}

extension Recurrence {
  /// The number of steps before the state exceeds the limit of a run.
  fileprivate func boundedSteps(atMost count: Int) -> Int {
    var state = initialState.reshaped(to: [1, stateSize])
    return (0..<count).prefix { step in
      state = advance(state, through: step..<step + 1)
      return state.isFinite && state.maxMagnitude() <= SampleRun.limit
    }.count
  }
}

extension TrajectoryStability.Sample {
  init<R: Recurrence>(
    _ trajectory: Trajectory<R>, hasOneGate: Bool, _ options: Stability.Options,
    using random: inout RandomSource
  ) throws(StabilityError) {
    let (spectrum, leading) = try LyapunovSpectrum.withLeadingDirection(
      along: trajectory,
      count: options.exponentCount(stateSize: trajectory.recurrence.stateSize), using: &random)
    (self.spectrum, discardedSteps) = (spectrum, trajectory.steps.lowerBound)
    pieceLength = trajectory.pieceLength
    let rate = spectrum.exponents[0]
    twoTrajectories = .ofTwoTrajectories(
      along: trajectory, from: leading, expected: rate, using: &random)
    backward = .ofBackwardPass(along: trajectory, from: leading, expected: rate, using: &random)
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
}
