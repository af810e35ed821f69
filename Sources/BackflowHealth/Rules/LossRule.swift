internal import BackflowKernels
internal import RealModule

/// The loss itself: rising, stuck at its start or at the level of a constant guess, oscillating, or
/// with a spike.
struct LossRule<Scalar: RealScalar>: HealthRule {
  /// The step of the last spike that was judged.
  private var lastSpike = -1

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    findings(
      observation.losses, at: observation.step, thresholds,
      observation.updateTests.isEmpty
        ? nil : observation.updateTests.contains { $0.change < 0 })
  }

  private mutating func findings(
    _ losses: LossHistory, at step: Int, _ thresholds: Thresholds, _ movesDown: Bool?
  ) -> [Finding] {
    guard losses.count > 0 else { return [] }
    var found: [Finding] = []
    if let finding = losses.rising(at: step, thresholds, movesDown)
      ?? losses.returning(at: step, thresholds, movesDown ?? false)
    {
      found.append(finding)
    }
    if let finding = losses.overshoot(at: step, thresholds) { found.append(finding) }
    if let finding = losses.stuck(at: step, thresholds) { found.append(finding) }
    if let finding = losses.oscillating(at: step, thresholds) { found.append(finding) }
    // What a spike did shows in the steps after it.
    for spike in losses.spikes
    where spike.step > lastSpike && losses.lastStep - spike.lastStep >= 5 {
      lastSpike = spike.step
      if let finding = losses.finding(spike, thresholds) { found.append(finding) }
    }
    return found
  }
}

extension LossHistory {
  /// A loss above its start, over the last steps.
  ///
  /// - Parameter isLowered: Whether the step lowers the loss of its own batch; `nil` if unknown.
  fileprivate func rising(
    at step: Int, _ thresholds: Thresholds, _ isLowered: Bool?
  ) -> Finding? {
    let movesDown = isLowered ?? false
    guard count >= 2 * thresholds.patience, let level, let startLevel, startLevel > 0 else {
      return nil
    }
    let factor = level / startLevel
    // A small loss that grows a little is still small: half of a constant guess does not alarm, and
    // where that is not known, twice the limit is needed.
    let isLarge =
      constantLoss.map { level > max($0, thresholds.risingLoss * startLevel) }
      ?? (factor > 2 * thresholds.risingLoss)
    guard factor > thresholds.risingLoss, isLarge else { return nil }
    // Without a scale, a loss that began at nearly nothing may rise by a large factor, as that of
    // values that are learned from each other.
    let isCertain =
      constantLoss != nil || factor > (isLowered == nil ? 5000 : 12) * thresholds.risingLoss
    let severity: Finding.Severity =
      movesDown || !isCertain ? .note : factor > 5 * thresholds.risingLoss ? .failure : .warning
    return Finding(
      .risingLoss, severity, layer: "the loss", step: step, measured: factor,
      threshold: thresholds.risingLoss,
      source: "the mean of the middle half of the last losses in units of that of the first",
      statement: "the loss has risen from \(figure(startLevel)) to \(figure(level))",
      reason: movesDown
        ? "Each step still lowers the loss of its own batch, so that what is to be learned has"
          + " changed, as the targets of a value function do."
        : "The training undoes what the network knew.",
      cure: movesDown
        ? "Nothing, if the targets are meant to move; otherwise, look at the order of the data."
        : "A smaller learning rate, clipping by the global norm; test the direction with"
          + " `recordUpdate(from:to:along:loss:)`.",
      patience: thresholds.patience)
  }

  /// A loss that had fallen, and is back near its start.
  fileprivate func returning(
    at step: Int, _ thresholds: Thresholds, _ movesDown: Bool
  ) -> Finding? {
    guard let level, let startLevel, blocks.count >= 16,
      level > 0.5 * (constantLoss ?? startLevel), let best = lowestLevel, best > 0
    else { return nil }
    let factor = level / best
    guard factor > thresholds.risingLoss, level - best > 4 * errorOfLevels else { return nil }
    return Finding(
      .risingLoss, movesDown || constantLoss == nil ? .note : .warning, layer: "the loss",
      step: step, measured: factor,
      threshold: thresholds.risingLoss,
      source: "the mean of the middle half of the last losses in units of the lowest level before",
      statement: "the loss had fallen to \(figure(best)), and is back at \(figure(level))",
      reason: "The training forgets what it had learned.",
      cure: "A smaller learning rate or less momentum, clipping by the global norm.",
      patience: thresholds.patience, measure: "return")
  }

  /// A loss that jumps above its start in the first steps: the first updates were too long.
  fileprivate func overshoot(at step: Int, _ thresholds: Thresholds) -> Finding? {
    // One loss is no start to compare with if nothing says what it should be.
    guard let first, first > 0, let constantLoss, first < 1.5 * constantLoss, opening.count >= 10,
      let level, level > first
    else { return nil }
    let limit = 1.5 * max(first, constantLoss)
    // The median of the first steps after the start: one bad batch is not a jump.
    guard opening[1..<10].count(where: { $0 > limit }) >= 5 else { return nil }
    let jump = median(of: Array(opening[1..<10]))
    return Finding(
      .longStep, .warning, layer: "the optimizer", step: step, measured: jump / first,
      threshold: 1.5, source: "the median of the losses of steps 1 to 9 in units of the first loss",
      statement: "the first updates raised the loss from \(figure(first)) to \(figure(jump))",
      reason: "The steps are so long that they overshoot, and the training goes on from a higher"
        + " loss than the initial one.",
      cure: "A smaller learning rate, or a warm-up.", patience: 3 * thresholds.patience,
      measure: "start")
  }

  /// A loss that stays at its start, or at the level of a constant guess.
  fileprivate func stuck(at step: Int, _ thresholds: Thresholds) -> Finding? {
    guard lastStep - firstStep >= thresholds.lossPatience, blocks.count >= 8 else { return nil }
    let last = blocks[(blocks.count / 2)...].reduce(Block(), +)
    // Both conditions below, told by the second half alone.
    if let constantLoss, let first {
      // A sum over a batch is far above the loss of a guess from the first step on.
      let isAbove = last.mean > max(first, 2 * constantLoss)
      guard isAbove || last.mean > 0.9 * constantLoss && last.mean < 2 * constantLoss else {
        return nil
      }
    }
    let start = blocks[..<max(1, blocks.count / 16)].reduce(Block(), +)
    // Losses of neighboring steps are hardly correlated, those of one batch size vary alike.
    let noise = (last.variance / Double(last.count) + start.variance / Double(start.count))
      .squareRoot()
    if let constantLoss {
      guard last.mean > 0.95 * constantLoss - 2 * noise else { return nil }
      return stuckFinding(
        last.mean / constantLoss, "in units of the loss of a constant guess", 0.95, step,
        "after \(count) steps the loss is \(figure(last.mean)); a constant guess has"
          + " \(figure(constantLoss))", .warning, thresholds)
    }
    guard start.mean > 0, start.mean - last.mean < max(0.02 * start.mean, 2 * noise),
      last.mean < thresholds.risingLoss * start.mean
    else { return nil }
    // It may have started at its end, as that of a network that is trained already.
    return stuckFinding(
      last.mean / start.mean, "in units of the first losses", 0.98, step,
      "in \(count) steps the loss has not fallen: it was \(figure(start.mean)) and is"
        + " \(figure(last.mean))", .note, thresholds)
  }

  private func stuckFinding(
    _ measured: Double, _ unit: String, _ limit: Double, _ step: Int, _ statement: String,
    _ severity: Finding.Severity, _ thresholds: Thresholds
  ) -> Finding {
    Finding(
      .stuckLoss, severity, layer: "the loss", step: step, measured: measured, threshold: limit,
      source: "the mean of the second half of the run, \(unit)", statement: statement,
      reason: severity == .note
        ? "The network has learned nothing, or it was trained already and started at its end."
        : "The network has learned nothing about the inputs.",
      cure: "Try to fit a few examples exactly: if that fails, the fault is in the network or the"
        + " optimizer, otherwise look at the labels and the learning rate.",
      patience: thresholds.patience)
  }

  /// A loss that rises and falls in turn.
  fileprivate func oscillating(at step: Int, _ thresholds: Thresholds) -> Finding? {
    guard recent.count >= 40, let level else { return nil }
    var turns = 0
    for index in 2..<recent.count
    where (recent[index] - recent[index - 1]) * (recent[index - 1] - recent[index - 2]) < 0 {
      turns += 1
    }
    // Of independent losses two in three turn; more than nine in ten do not by chance.
    let share = Double(turns) / Double(recent.count - 2)
    guard share > 0.9 else { return nil }
    let swing = median(of: zip(recent.dropFirst(), recent).map { ($0 - $1).magnitude })
    guard swing > 0.05 * level.magnitude else { return nil }
    return Finding(
      .oscillatingLoss, hasFallen ? .note : .warning, layer: "the loss", step: step,
      measured: share, threshold: 0.9,
      source: "the share of steps at which the loss turns; two in three by chance",
      statement: "the loss rises and falls in turn, by \(figure(swing)) at a level of"
        + " \(figure(level))",
      reason: "The steps jump from one side of a valley to the other.",
      cure: "Half of the learning rate, or less momentum.", patience: thresholds.patience)
  }

  /// A spike, with what moved before it.
  fileprivate func finding(_ spike: Spike, _ thresholds: Thresholds) -> Finding? {
    let factor = spike.loss / spike.ceiling
    // A loss that may be negative has no zero from which a factor could be measured.
    guard factor > thresholds.lossSpike, smallest ?? 0 >= 0 else { return nil }
    // A single batch may be hard; a spike that damages stays for a few steps.
    let after = recent.suffix(min(recent.count, lastStep - spike.step)).prefix(5)
    let lasts = median(of: Array(after)) > 2 * spike.median
    return Finding(
      .lossSpike, lasts || factor > 4 * thresholds.lossSpike ? .warning : .note,
      layer: "the loss", step: spike.step, measured: factor, threshold: thresholds.lossSpike,
      source: "in units of the largest loss before",
      statement: "at step \(spike.step) the loss jumped from a level of \(figure(spike.median)) to"
        + " \(figure(spike.loss))" + precursor(of: spike),
      reason: "One step on such a batch can undo many others.",
      cure:
        "Look at the batch of that step; clip by the global norm, which bounds what one batch can"
        + " do.")
  }

  /// Which of the lengths had grown before the spike, and which with it.
  private func precursor(of spike: Spike) -> String {
    let before = measured.filter { $0.step < spike.step }
    guard before.count >= 8, let last = before.last else { return "" }
    func grew(_ length: KeyPath<Measured, Double?>) -> Bool {
      let earlier = before.dropLast().compactMap { $0[keyPath: length] }
      guard let now = last[keyPath: length], !earlier.isEmpty else { return false }
      return now > 5 * median(of: earlier)
    }
    let grown = [("the update", \Measured.update), ("the gradient", \Measured.gradient)]
      .filter { grew($0.1) }.map(\.0)
    return grown.isEmpty
      ? "; neither the gradient nor the update had grown at step \(last.step)"
      : "; \(grown.joined(separator: " and ")) had grown before, at step \(last.step)"
  }
}
