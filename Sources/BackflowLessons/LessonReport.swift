public import Backflow

/// What a lesson found: how training fails, what says so, and what mends it, each with its numbers.
public struct LessonReport: Sendable, Encodable {
  /// A text with the numbers that it is about.
  public struct Account: Sendable, Equatable {
    /// What happened, in plain words: a sentence or two a line.
    public let lines: [String]
    /// The numbers, by name.
    public let measures: [String: Double]

    /// An account in these words, resting on these numbers.
    public init(_ lines: [String], _ measures: [String: Double]) {
      self.lines = lines
      self.measures = measures
    }
  }

  /// One run of several that are compared: what was varied, and what came out.
  public struct Run: Sendable, Equatable, Encodable {
    /// What was varied.
    public let variant: String
    /// The seed.
    public let seed: UInt64
    /// The mean return of the last episodes.
    public let meanReturn: Double
    /// After how many episodes the task counted as solved; `nil` if it never did.
    public let episodesTo195: Int?
    /// The share of the samples that the loss did not learn from.
    public let silencedShare: Double

    /// A run with these results.
    public init(
      variant: String, seed: UInt64, meanReturn: Double, episodesTo195: Int?,
      silencedShare: Double
    ) {
      self.variant = variant
      self.seed = seed
      self.meanReturn = meanReturn
      self.episodesTo195 = episodesTo195
      self.silencedShare = silencedShare
    }

    private enum CodingKeys: String, CodingKey {
      case variant, seed
      case meanReturn = "mean_return"
      case episodesTo195 = "episodes_to_195"
      case silencedShare = "silenced_share"
    }

    /// Writes every key, `episodes_to_195` as null if it is `nil`.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(variant, forKey: .variant)
      try container.encode(seed, forKey: .seed)
      try container.encode(meanReturn, forKey: .meanReturn)
      try container.encode(episodesTo195, forKey: .episodesTo195)
      try container.encode(silencedShare, forKey: .silencedShare)
    }
  }

  /// Which lesson it is.
  public let lesson: Lesson
  /// What goes wrong.
  public let failure: Account
  /// What watches it go wrong, the gravest first.
  public let findings: [Finding]
  /// What mends it.
  public let cure: Account
  /// The runs that were compared, where there are many.
  public let runs: [Run]
  /// How long it took.
  public internal(set) var seconds = 0.0
  /// The picture, an SVG document.
  public let figure: String

  /// A report of these parts.
  public init(
    _ lesson: Lesson, failure: Account, findings: [Finding], cure: Account, runs: [Run] = [],
    figure: String
  ) {
    self.lesson = lesson
    self.failure = failure
    self.findings = findings
    self.cure = cure
    self.runs = runs
    self.figure = figure
  }
}

// MARK: - JSON

extension LessonReport {
  private enum CodingKeys: String, CodingKey {
    case lesson, failure, findings, cure, runs, seconds
  }

  /// Writes everything but the picture; `runs` only where there are any.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(lesson, forKey: .lesson)
    try container.encode(failure, forKey: .failure)
    try container.encode(findings, forKey: .findings)
    try container.encode(cure, forKey: .cure)
    if !runs.isEmpty { try container.encode(runs, forKey: .runs) }
    try container.encode(seconds, forKey: .seconds)
  }
}

extension LessonReport.Account: Encodable {
  private enum CodingKeys: String, CodingKey { case text, measures }

  /// Writes the lines as one text, and the numbers by name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(lines.joined(separator: " "), forKey: .text)
    try container.encode(measures, forKey: .measures)
  }
}

// MARK: - Text

extension LessonReport: CustomStringConvertible {
  /// The report in plain words. Of several findings of one kind it tells the gravest.
  public var description: String {
    let parts =
      ["\(lesson.rawValue): \(lesson.message)", "", "the failure"]
      + failure.lines.flatMap { wrapped($0) } + ["", "the diagnosis"] + diagnosis
      + ["", "the cure"] + cure.lines.flatMap { wrapped($0) }
    return parts.joined(separator: "\n")
  }

  private var diagnosis: [String] {
    var told: [Finding.Kind] = []
    var lines: [String] = []
    for finding in findings where !told.contains(finding.kind) {
      told.append(finding.kind)
      // The first line says what was found, the others stand under it.
      for (row, line) in "\(finding)".split(separator: "\n").enumerated() {
        lines += wrapped(String(line), indent: row == 0 ? "  " : "    ")
      }
      let more = findings.count { $0.kind == finding.kind } - 1
      if more > 0 { lines.append("    and \(more) more of this kind") }
    }
    return lines
  }
}
