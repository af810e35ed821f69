/// A finding with all that follows from it. The advice is that of the cause.
public struct Diagnosis: Sendable, Equatable {
  /// What came first, and explains the rest.
  public let cause: Finding
  /// Findings of the same kind at other places, and those that the cause explains.
  public let symptoms: [Finding]

  /// The highest severity of all.
  public var severity: Finding.Severity {
    symptoms.reduce(cause.severity) { max($0, $1.severity) }
  }

  /// Whether any of them is present.
  public var isPresent: Bool { cause.isPresent || symptoms.contains(where: \.isPresent) }

  /// Groups findings by cause: alarms before notes, those that are present first, then the most
  /// severe, then the earliest.
  ///
  /// - Parameter first: The first step of the training.
  package static func grouping(_ findings: [Finding], from first: Int) -> [Diagnosis] {
    let ordered = findings.enumerated().sorted { one, other in
      let (key, otherKey) = (
        one.element.causalKey(from: first), other.element.causalKey(from: first)
      )
      return key == otherKey ? one.offset < other.offset : key < otherKey
    }.map(\.element)
    var groups: [(cause: Finding, symptoms: [Finding])] = []
    for finding in ordered {
      let group = groups.firstIndex { group in
        group.cause.kind == finding.kind && finding.kind != .other
          || ([group.cause] + group.symptoms).contains { $0.mayCause(finding, from: first) }
      }
      if let group {
        groups[group].symptoms.append(finding)
      } else {
        groups.append((finding, []))
      }
    }
    return groups.map { Diagnosis(cause: $0.cause, symptoms: $0.symptoms) }.enumerated().sorted {
      let (one, other) = ($0.element, $1.element)
      return (one.order, one.cause.firstStep, $0.offset)
        < (other.order, other.cause.firstStep, $1.offset)
    }.map(\.element)
  }

  private var order: ReportOrder { ReportOrder(severity, isPresent: isPresent) }
}

/// The order of a report: alarms before notes, present findings before past ones, and the most
/// severe first.
struct ReportOrder: Comparable {
  private let isAlarm: Bool
  private let isPresent: Bool
  private let severity: Finding.Severity

  init(_ severity: Finding.Severity, isPresent: Bool) {
    (isAlarm, self.isPresent, self.severity) = (severity > .note, isPresent, severity)
  }

  /// Whether `one` comes before `other`.
  static func < (one: ReportOrder, other: ReportOrder) -> Bool {
    if one.isAlarm != other.isAlarm { return one.isAlarm }
    if one.isPresent != other.isPresent { return one.isPresent }
    return one.severity > other.severity
  }
}

extension Diagnosis: CustomStringConvertible {
  /// The cause in words, and below it the symptoms, each on a line, alarms before notes.
  public var description: String {
    guard !symptoms.isEmpty else { return cause.description }
    let ordered = symptoms.filter { $0.severity > .note } + symptoms.filter { $0.severity == .note }
    let lines = ordered.prefix(Self.listedSymptoms).map {
      "    \($0.severity.rawValue), \($0.life): \($0.placedStatement)"
    }
    let more = symptoms.count - lines.count
    // The same defect at other places does not follow from the first.
    let isSame = symptoms.allSatisfy { $0.kind == cause.kind }
    return
      ([cause.description, isSame ? "  with it:" : "  because of it, or with it:"] + lines
      + (more > 0 ? ["    and \(more) more"] : [])).joined(separator: "\n")
  }

  private static let listedSymptoms = 6
}
