/// The time line of a training: which findings were present at which steps.
///
/// `Codable`, as JSON, and drawn by `TimelineFigure`.
public struct HealthHistory: Sendable, Equatable, Codable {
  /// Consecutive observations of one finding.
  public struct Span: Sendable, Equatable, Codable {
    /// The first step at which it was found.
    public let firstStep: Int
    /// The last step at which it was found.
    public private(set) var lastStep: Int
    /// The highest severity.
    public private(set) var severity: Finding.Severity
    /// The measurement farthest beyond the limit.
    public private(set) var worst: Double

    private enum CodingKeys: String, CodingKey {
      case severity, worst
      case firstStep = "first_step"
      case lastStep = "last_step"
    }

    init(_ finding: Finding, from first: Int, to last: Int) {
      (firstStep, severity, worst) = (first, finding.severity, finding.measured)
      lastStep = finding.kind.isEvent ? finding.step : last
    }

    /// One span from the start of this one to the end of a later one, of a finding whose limit is
    /// an upper one or a lower one.
    func merged(with later: Span, isUpper: Bool) -> Span {
      var both = self
      both.lastStep = later.lastStep
      both.severity = max(severity, later.severity)
      both.worst = isUpper ? max(worst, later.worst) : min(worst, later.worst)
      return both
    }

    mutating func extend(_ finding: Finding, at step: Int, to severity: Finding.Severity) {
      lastStep = finding.kind.isEvent ? finding.step : step
      self.severity = severity
      if finding.isWorse(than: worst) { worst = finding.measured }
    }
  }

  /// One kind of finding at one place.
  public struct Row: Sendable, Equatable, Codable {
    /// The kind.
    public let kind: Finding.Kind
    /// The layer or parameter.
    public let layer: String
    /// The gate of a gated cell, or `nil`.
    public let gate: String?
    /// The spans, in the order of the steps.
    public let spans: [Span]
  }

  /// The first and the last observed step; `nil` before the first observation.
  public let steps: ClosedRange<Int>?
  /// One row for each kind, layer and gate, in the order in which they were first found.
  public let rows: [Row]
}
