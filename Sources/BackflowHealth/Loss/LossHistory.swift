internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import RealModule

/// The loss over a training, in a memory of fixed size, and the lengths of the last gradients and
/// updates.
///
/// The whole run is kept as the means of at most 64 blocks of equally many steps; when they are
/// full, neighbors are merged. The last 64 losses are kept one by one.
public struct LossHistory: Sendable, Equatable, Codable {
  private enum CodingKeys: CodingKey {
    case count, firstStep, lastStep, first, constantLoss, smallest, largest, opening, recent
    case blocks, blockLength, spikes, measured
  }

  static let memory = 64

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
  /// The number of losses of a full block.
  private(set) var blockLength = 1
  private(set) var spikes: [Spike] = []
  private(set) var measured: [Measured] = []
  /// What follows from the losses, at hand until the next one is added.
  var levels = Levels()

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

  /// Whether this can be the history of losses that were added one by one.
  var isValid: Bool {
    guard 0 <= count, count < 1 << 53, 1 <= blockLength, blockLength < 1 << 53,
      blocks.count <= Self.memory, blocks.allSatisfy({ 1 <= $0.count && $0.count <= count })
    else { return false }
    return blocks.reduce(0) { $0 + $1.count } == count && opening.count == min(count, 32)
      && recent.count == min(count, Self.memory) && spikes.count <= 8
      && measured.count <= Self.memory
  }
}
