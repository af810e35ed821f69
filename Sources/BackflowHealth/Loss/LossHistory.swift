internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import RealModule

/// The loss over a training, in a memory of fixed size, and the lengths of the last gradients and
/// updates.
///
/// The whole run is kept as the means of at most 64 blocks of equally many steps; when they are
/// full, neighbors are merged. The last 64 losses are kept one by one.
public struct LossHistory: Sendable, Equatable, Codable {
  /// The losses of consecutive steps.
  public struct Block: Sendable, Equatable, Codable {
    /// The number of losses.
    public internal(set) var count = 0
    /// Their mean.
    public internal(set) var mean = 0.0
    /// The sum of their squared deviations from the mean.
    var squares = 0.0

    /// Adds one loss (B. P. Welford, Technometrics 4, 1962).
    mutating func add(_ loss: Double) {
      count += 1
      let difference = loss - mean
      mean += difference / Double(count)
      squares = min(squares + difference * (loss - mean), .greatestFiniteMagnitude)
    }

    /// Both blocks together (T. F. Chan, G. H. Golub and R. J. LeVeque, 1979).
    static func + (one: Block, other: Block) -> Block {
      let count = one.count + other.count
      guard count > 0 else { return one }
      let difference = other.mean - one.mean
      let share = Double(other.count) / Double(count)
      return Block(
        count: count, mean: one.mean + difference * share,
        squares: one.squares + other.squares + difference * difference * share * Double(one.count))
    }

    /// The variance of the losses; 0 for fewer than two.
    var variance: Double { count < 2 ? 0 : squares / Double(count - 1) }
  }

  /// What was measured at one observed step.
  struct Measured: Sendable, Equatable, Codable {
    let step: Int
    /// ‖g‖ before and after clipping, and ‖Δθ‖, as far as they were recorded.
    var gradient, clipped, update: Double?
  }

  /// A loss far above all earlier ones.
  struct Spike: Sendable, Equatable, Codable {
    let step: Int
    /// The last step with a larger loss than before.
    private(set) var lastStep: Int
    /// The largest loss.
    private(set) var loss: Double
    /// The largest loss before it.
    let ceiling: Double
    /// The median of the losses just before it.
    let median: Double

    init(step: Int, loss: Double, ceiling: Double, median: Double) {
      (self.step, lastStep, self.loss) = (step, step, loss)
      (self.ceiling, self.median) = (ceiling, median)
    }

    mutating func extend(to loss: Double, at step: Int) { (self.loss, lastStep) = (loss, step) }
  }

  /// The levels of the losses, measured once for all rules. They follow from the losses, and are
  /// neither compared nor encoded.
  private struct Levels: Sendable, Equatable {
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

  private enum CodingKeys: CodingKey {
    case count, firstStep, lastStep, first, constantLoss, smallest, largest, opening, recent
    case blocks
    case blockLength, spikes, measured
  }

  private static let memory = 64

  /// The number of finite losses so far.
  public private(set) var count = 0
  /// The first step with a finite loss, and the last.
  public private(set) var firstStep = 0, lastStep = 0
  /// The first loss.
  public private(set) var first: Double?
  /// The loss of a constant guess, if it is known.
  public private(set) var constantLoss: Double?
  /// The smallest and the largest loss so far.
  public private(set) var smallest, largest: Double?
  /// The first losses, at most 32.
  private(set) var opening: [Double] = []
  /// The last losses, at most 64.
  public private(set) var recent: [Double] = []
  /// The means of the whole run.
  public private(set) var blocks: [Block] = []
  private var blockLength = 1
  private(set) var spikes: [Spike] = []
  private(set) var measured: [Measured] = []
  private var levels = Levels()

  /// A history without losses.
  public init() {}

  /// ln(classes), the loss of a uniform guess; `nil` for fewer than two classes.
  static func chance(_ classes: Int) -> Double? { classes < 2 ? nil : .log(Double(classes)) }

  /// Adds the loss of a step. NaN and infinity are left to another rule.
  mutating func add(_ loss: Double, at step: Int, _ constantLoss: Double?) {
    guard loss.isFinite else { return }
    levels.areCurrent = false
    if count == 0 { (first, firstStep) = (loss, step) }
    if let constantLoss { self.constantLoss = constantLoss }
    if recent.count == Self.memory, let largest, loss > largest, largest > 0 {
      // Records that follow one another are one spike, up to the largest.
      if let last = spikes.last, step - last.lastStep <= 5 {
        spikes[spikes.count - 1].extend(to: loss, at: step)
      } else {
        spikes.append(
          Spike(step: step, loss: loss, ceiling: largest, median: median(of: recent)))
        if spikes.count > 8 { spikes.removeFirst() }
      }
    }
    (count, lastStep, largest) = (count + 1, step, max(largest ?? loss, loss))
    smallest = min(smallest ?? loss, loss)
    if opening.count < 32 { opening.append(loss) }
    if recent.count == Self.memory { recent.removeFirst() }
    recent.append(loss)
    if blocks.last.map({ $0.count >= blockLength }) ?? true {
      if blocks.count == Self.memory { mergeBlocks() }
      blocks.append(Block())
    }
    blocks[blocks.count - 1].add(loss)
  }

  private mutating func mergeBlocks() {
    blocks = stride(from: 0, to: blocks.count, by: 2).map { blocks[$0] + blocks[$0 + 1] }
    blockLength *= 2
  }

  /// Adds the lengths of the gradient and the update of an observed step.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func add<Scalar: RealScalar>(_ observation: StepObservation<Scalar>) {
    var (gradient, update): (Double?, Double?) = (nil, nil)
    let parameters = observation.parameters.span
    for index in parameters.indices {
      if let norm = parameters[index].gradientNorm { gradient = .hypot(gradient ?? 0, norm) }
      if let moved = parameters[index].change?.moved { update = .hypot(update ?? 0, moved) }
    }
    // JSON has no infinity, and another rule reports it.
    func finite(_ length: Double?) -> Double? { length.flatMap { $0.isFinite ? $0 : nil } }
    let entry = Measured(
      step: observation.step, gradient: finite(observation.clipping?.normBefore ?? gradient),
      clipped: finite(observation.clipping?.normAfter), update: finite(update))
    if measured.count == Self.memory { measured.removeFirst() }
    measured.append(entry)
  }
}

extension LossHistory {
  /// ‖g‖ over all parameters at the last observed step, before clipping.
  public var gradientNormBeforeClipping: Double? { measured.last?.gradient }
  /// ‖g‖ after clipping, if clipping was recorded.
  public var gradientNormAfterClipping: Double? { measured.last?.clipped }
  /// ‖Δθ‖ of the last observed step.
  public var updateNorm: Double? { measured.last?.update }

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

  /// Whether the sizes are those of a history that was built step by step.
  var isValid: Bool {
    blocks.count <= Self.memory && recent.count <= Self.memory && opening.count <= 32
      && spikes.count <= 8 && measured.count <= Self.memory && blockLength >= 1 && count >= 0
      && recent.isEmpty == blocks.isEmpty
  }

  /// Whether most of what can be learned is learned: a quarter of the start or of a constant guess
  /// is left.
  public var isFitted: Bool {
    if let constantLoss, let level, level < 0.25 * constantLoss { return true }
    return remaining.map { $0 < 0.25 } ?? false
  }
}
