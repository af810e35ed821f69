public import Backflow

/// A system with known figures, and how to compute them.
public struct SelfTestCase: Sendable {
  /// The name, in a few words.
  public let name: String
  /// Where the expected figures come from.
  public let source: String
  private let compute: @Sendable () throws -> [Figure]

  /// A computed figure beside its known value.
  public struct Figure: Sendable, Equatable, Codable {
    /// What the figure is.
    public let name: String
    /// The computed value.
    @ExtendedReal public private(set) var measured: Double
    /// The known value.
    @ExtendedReal public private(set) var expected: Double
    /// The largest difference that passes.
    public let tolerance: Double
    /// Whether the computed value is the known one within the tolerance. A NaN is not.
    public let passes: Bool

    /// A figure with a known value.
    public init(_ name: String, _ measured: Double, expected: Double, within tolerance: Double) {
      self.name = name
      self.tolerance = tolerance
      passes = measured == expected || (measured - expected).magnitude <= tolerance
      self.measured = measured
      self.expected = expected
    }

    /// A statement that must be true, as the figure 1.
    init(_ name: String, holds: Bool) {
      self.init(name, holds ? 1 : 0, expected: 1, within: 0)
    }
  }

  /// The figures of a case, or the error that prevented them.
  public struct Outcome: Sendable, Equatable, Codable {
    /// The name of the case.
    public let name: String
    /// Where the expected figures come from.
    public let source: String
    /// The figures, which are empty after an error.
    public let figures: [Figure]
    /// The error, or `nil`.
    public let error: String?

    /// Whether there are figures, and all of them pass.
    public let passes: Bool

    init(_ selfTest: SelfTestCase, figures: [Figure], error: String? = nil) {
      (name, source) = (selfTest.name, selfTest.source)
      (self.figures, self.error) = (figures, error)
      passes = error == nil && !figures.isEmpty && figures.allSatisfy(\.passes)
    }
  }

  /// A case that computes its figures with a closure.
  public init(
    _ name: String, source: String, _ compute: @escaping @Sendable () throws -> [Figure]
  ) {
    (self.name, self.source, self.compute) = (name, source, compute)
  }

  /// Computes the figures.
  public func run() -> Outcome {
    do {
      return Outcome(self, figures: try compute())
    } catch {
      return Outcome(self, figures: [], error: "\(error)")
    }
  }
}
