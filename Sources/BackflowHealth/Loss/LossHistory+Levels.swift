extension LossHistory {
  /// The levels of the losses, measured once for all rules. They follow from the losses, so that
  /// they are not encoded, and never make two histories differ.
  struct Levels: Sendable, Equatable {
    var level: Double?
    var startLevel: Double?
    /// The number of first losses in `startLevel`.
    var startCount = 0
    /// The lowest mean of four consecutive blocks that no loss is added to any more, and the number
    /// and length of the blocks.
    var lowest = (mean: Double.infinity, blocks: 0, length: 0)
    var hasFallen = false
    /// Whether no loss has been added since.
    var areCurrent = false

    static func == (one: Levels, other: Levels) -> Bool { true }
  }
}

extension LossHistory {
  /// The interquartile mean of the last losses, at most 32.
  public var level: Double? { levels.areCurrent ? levels.level : measuredLevel }

  private var measuredLevel: Double? {
    recent.isEmpty ? nil : interquartileMean(of: Array(recent.suffix(32)))
  }

  /// The interquartile mean of the first losses: an eighth of the run, at most 32 and at least one.
  public var startLevel: Double? {
    levels.areCurrent ? levels.startLevel : measuredStart(startCount)
  }

  private var startCount: Int { max(1, min(32, count / 8)) }

  private func measuredStart(_ count: Int) -> Double? {
    opening.isEmpty ? nil : interquartileMean(of: Array(opening.prefix(count)))
  }

  /// Measures the levels, so that they are at hand until the next loss is added.
  mutating func measureLevels() {
    if levels.areCurrent { return }
    // The first losses do not change, only how many of them count.
    if levels.startLevel == nil || levels.startCount != startCount {
      (levels.startLevel, levels.startCount) = (measuredStart(startCount), startCount)
    }
    (levels.level, levels.areCurrent) = (measuredLevel, true)
    if levels.lowest.blocks != blocks.count || levels.lowest.length != blockLength {
      levels.lowest = (lowestMean(before: blocks.count - 1), blocks.count, blockLength)
    }
    levels.hasFallen = isFallen
  }

  /// The lowest mean of four consecutive blocks among the first ones; ∞ for fewer than four.
  private func lowestMean(before end: Int) -> Double {
    var lowest = Double.infinity
    var start = 0
    while start + 4 <= end {
      lowest = min(lowest, mean(of: start..<start + 4))
      start += 1
    }
    return lowest
  }

  private func mean(of range: Range<Int>) -> Double {
    var sum = Block()
    for index in range { sum = sum + blocks[index] }
    return sum.mean
  }

  /// The lowest mean of four consecutive blocks.
  var lowestLevel: Double? {
    guard blocks.count >= 4 else { return nil }
    let isKnown =
      levels.areCurrent && levels.lowest.blocks == blocks.count
      && levels.lowest.length == blockLength
    let before = isKnown ? levels.lowest.mean : lowestMean(before: blocks.count - 1)
    return min(before, mean(of: blocks.count - 4..<blocks.count))
  }

  /// The standard error of the difference of two means of 32 losses, by the variance of the last
  /// ones.
  var errorOfLevels: Double {
    var last = Block()
    for loss in recent.suffix(32) { last.add(loss) }
    return (2 * last.variance / Double(max(last.count, 1))).squareRoot()
  }

  /// The part of the start that is left: level/startLevel. `nil` before the third loss, or if the
  /// start is not positive.
  public var remaining: Double? {
    guard count >= 3, let level, let startLevel, startLevel > 0 else { return nil }
    return level / startLevel
  }

  /// Whether the loss has fallen by a tenth of its start, by less but beyond doubt, or far below
  /// that of a constant guess.
  public var hasFallen: Bool { levels.areCurrent ? levels.hasFallen : isFallen }

  private var isFallen: Bool {
    if let constantLoss, let level, level < 0.5 * constantLoss { return true }
    guard count >= 3, let level, let startLevel else { return false }
    return startLevel - level > 0.1 * startLevel.magnitude || hasFallenBeyondDoubt
  }

  /// Whether the last quarter of the run is below the first sixteenth by three hundredths, and by
  /// five standard errors: a loss with a large part that cannot be learned.
  private var hasFallenBeyondDoubt: Bool {
    guard blocks.count >= 16 else { return false }
    let start = blocks[..<(blocks.count / 16)].reduce(Block(), +)
    let last = blocks[(3 * blocks.count / 4)...].reduce(Block(), +)
    let error = (start.variance / Double(start.count) + last.variance / Double(last.count))
      .squareRoot()
    return start.mean - last.mean > max(0.03 * start.mean.magnitude, 5 * error)
      && start.count >= 8
  }

  /// Whether most of what can be learned is learned: a quarter of the start or of a constant guess
  /// is left.
  public var isFitted: Bool {
    if let constantLoss, let level, level < 0.25 * constantLoss { return true }
    return remaining.map { $0 < 0.25 } ?? false
  }
}
