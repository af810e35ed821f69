extension LossHistory {
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
      let difference = Self.finite(loss - mean)
      mean += difference / Double(count)
      squares = Self.finite(squares + difference * (loss - mean))
    }

    /// Both blocks together (T. F. Chan, G. H. Golub and R. J. LeVeque, 1979).
    static func + (one: Block, other: Block) -> Block {
      let count = one.count + other.count
      guard count > 0 else { return one }
      let difference = finite(other.mean - one.mean)
      let share = Double(other.count) / Double(count)
      return Block(
        count: count, mean: one.mean + difference * share,
        squares: finite(
          one.squares + other.squares + difference * difference * share * Double(one.count)))
    }

    /// A number that JSON can hold.
    private static func finite(_ number: Double) -> Double {
      min(max(number, -.greatestFiniteMagnitude), .greatestFiniteMagnitude)
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
}
