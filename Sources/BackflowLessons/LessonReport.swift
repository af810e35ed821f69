package import Backflow

/// The result of a lesson: what holds on every machine, and the failure, the findings, and the cure
/// of this run, with their measurements.
package struct LessonReport: Sendable, Encodable {
  /// A text with the numbers on which it is based.
  package struct Account: Sendable, Equatable {
    /// The sentences of the text, one or two in each line.
    package let lines: [String]
    /// The measurements, by name.
    package let measures: [String: Double]

    /// Creates an account from its text and its measurements.
    package init(_ lines: [String], _ measures: [String: Double]) {
      self.lines = lines
      self.measures = measures
    }
  }

  /// A figure and the name of its file without the extension.
  package struct Figure: Sendable, Equatable {
    /// The name: that of the lesson, with an addition for a second figure.
    package let name: String
    /// The figure, as an SVG document.
    package let svg: String
  }

  /// A run in a comparison: the variant and its results.
  package struct Run: Sendable, Equatable, Encodable {
    /// The variant.
    package let variant: String
    /// The seed.
    package let seed: UInt64
    /// The mean return of the last episodes.
    package let meanReturn: Double
    /// The number of episodes after which the task was solved, or `nil` if it was not.
    package let episodesTo195: Int?
    /// The fraction of the samples with zero gradient.
    package let silencedShare: Double

    /// Creates a run from its results.
    package init(
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

    /// Encodes every key; `episodes_to_195` is null if it is `nil`.
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(variant, forKey: .variant)
      try container.encode(seed, forKey: .seed)
      try container.encode(meanReturn, forKey: .meanReturn)
      try container.encode(episodesTo195, forKey: .episodesTo195)
      try container.encode(silencedShare, forKey: .silencedShare)
    }
  }

  /// The lesson.
  package let lesson: Lesson
  /// The statements that hold on every machine, with what this run measured.
  package let claims: [Claim]
  /// The description of the failure.
  package let failure: Account
  /// The findings whose advice the cure follows.
  package let findings: [Finding]
  /// The description of the cure.
  package let cure: Account
  /// The compared runs, if the lesson has any.
  package let runs: [Run]
  /// The run time, in seconds.
  package internal(set) var seconds = 0.0
  /// The figures, the one with the name of the lesson first.
  package let figures: [Figure]

  /// Creates a report from its parts.
  package init(
    _ lesson: Lesson, claims: [Claim], failure: Account, findings: [Finding], cure: Account,
    runs: [Run] = [], figures: [(addition: String, svg: String)]
  ) {
    self.lesson = lesson
    self.claims = claims
    self.failure = failure
    self.findings = findings
    self.cure = cure
    self.runs = runs
    self.figures = figures.map {
      Figure(name: lesson.rawValue + ($0.addition.isEmpty ? "" : "-") + $0.addition, svg: $0.svg)
    }
  }
}

// MARK: - JSON

extension LessonReport {
  private enum CodingKeys: String, CodingKey {
    case lesson, claims, failure, findings, cure, runs, seconds
  }

  /// Encodes everything except the figures; `runs` is present only if there are any.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(lesson, forKey: .lesson)
    try container.encode(claims, forKey: .claims)
    try container.encode(failure, forKey: .failure)
    try container.encode(findings, forKey: .findings)
    try container.encode(cure, forKey: .cure)
    if !runs.isEmpty { try container.encode(runs, forKey: .runs) }
    try container.encode(seconds, forKey: .seconds)
  }
}

extension LessonReport.Account: Encodable {
  private enum CodingKeys: String, CodingKey { case text, measures }

  /// Encodes the lines as one text, and the measurements by name.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(lines.joined(separator: " "), forKey: .text)
    try container.encode(measures, forKey: .measures)
  }
}

// MARK: - Text

extension LessonReport: CustomStringConvertible {
  /// The report for a terminal. Of several findings of one kind, it has the most severe.
  package var description: String {
    var parts = ["\(lesson.rawValue): \(lesson.message)"]
    parts += ["", "on every machine"] + claims.flatMap { wrapped("\($0)") }
    parts += ["", "the failure"] + failure.lines.flatMap { wrapped($0) }
    parts += ["", "the diagnosis"] + diagnosis
    parts += ["", "the cure"] + cure.lines.flatMap { wrapped($0) }
    return parts.joined(separator: "\n")
  }

  private var diagnosis: [String] {
    var told: [Finding.Kind] = []
    var lines: [String] = []
    for finding in findings where !told.contains(finding.kind) {
      told.append(finding.kind)
      // The first line contains the statement, and the others are indented below it.
      for (row, line) in "\(finding)".split(separator: "\n").enumerated() {
        lines += wrapped(String(line), indent: row == 0 ? "  " : "    ")
      }
      let more = findings.count { $0.kind == finding.kind } - 1
      if more > 0 { lines.append("    and \(more) more of this kind") }
    }
    return lines
  }
}
