/// The memory of a monitor: for each kind, layer and gate, what was found, since when, and whether
/// it is so now.
struct FindingLedger: Sendable, Codable {
  /// The key by which findings at two steps are the same.
  struct Topic: Hashable, Sendable, Codable {
    let kind: Finding.Kind
    let layer: String
    let gate: String?
    let measure: String

    init(_ finding: Finding) {
      (kind, layer) = (finding.kind, finding.layer)
      (gate, measure) = (finding.gate, finding.measure)
    }
  }

  /// Since when a finding has been at least this severe, without interruption.
  fileprivate struct Candidate: Codable {
    let since: Int
    var observations = 1
  }

  fileprivate struct Entry: Codable {
    /// The finding at its highest severity; `nil` until it is reported.
    var report: Finding?
    var candidates: [Finding.Severity: Candidate] = [:]
    /// The consecutive observations without it.
    var misses = 0
    /// The rule that finds it; `nil` as long as only other monitors have found it.
    var rule: String?
    let place: Int
    var spans: [HealthHistory.Span] = []
    /// The first and last step and the number of observations, counted before it is reported as
    /// well.
    var firstStep: Int
    var lastStep: Int
    var observations = 0
  }

  private struct SavedEntry: Codable {
    let topic: Topic
    let entry: Entry
  }

  private enum CodingKeys: CodingKey { case entries }

  private var entries: [Topic: Entry] = [:]
  /// The rules with entries.
  private var owners: [String] = []

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let saved = try container.decode([SavedEntry].self, forKey: .entries)
    entries = Dictionary(saved.map { ($0.topic, $0.entry) }) { first, _ in first }
    guard entries.values.allSatisfy({ ($0.report == nil) == $0.spans.isEmpty }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .entries, in: container,
        debugDescription: "a finding without the steps at which it was present")
    }
    owners = Array(Set(entries.values.compactMap(\.rule)))
  }

  /// Encodes the entries in their order, so that the same ledger gives the same bytes.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    let saved = entries.map { SavedEntry(topic: $0.key, entry: $0.value) }
    try container.encode(saved.sorted { $0.entry.place < $1.entry.place }, forKey: .entries)
  }

  /// Whether a rule has found anything so far.
  func hasFindings(of rule: String) -> Bool { owners.contains(rule) }

  /// Adds what a rule, or another monitor if `nil`, found at a step.
  ///
  /// - Returns: The finding, if it is new, more severe than before, or present again.
  mutating func note(_ finding: Finding, by rule: String?, at step: Int) -> Finding? {
    let topic = Topic(finding)
    if let rule, !owners.contains(rule) { owners.append(rule) }
    // Changed in place, because a copy would copy its report.
    if let index = entries.index(forKey: topic) {
      if entries.values[index].rule == nil { entries.values[index].rule = rule }
      return entries.values[index].note(finding, at: step)
    }
    var entry = Entry(
      rule: rule, place: entries.count, firstStep: finding.step, lastStep: finding.step)
    let change = entry.note(finding, at: step)
    entries[topic] = entry
    return change
  }

  /// Records that a rule has looked at a step: what it found before, examined now and did not find
  /// has healed if it has been absent for two observations and `healing` steps.
  ///
  /// - Parameter isExamined: Whether the rule could tell about a place.
  /// - Returns: The findings that have healed.
  mutating func settle(
    _ rule: String, at step: Int, healing: Int, where isExamined: (_ layer: String) -> Bool
  ) -> [Finding] {
    var healed: [(place: Int, finding: Finding)] = []
    var index = entries.startIndex
    while index != entries.endIndex {
      if entries.values[index].rule == rule, entries.values[index].lastStep < step,
        isExamined(entries.keys[index].layer),
        let finding = entries.values[index].miss(at: step, healing: healing)
      {
        healed.append((entries.values[index].place, finding))
      }
      index = entries.index(after: index)
    }
    if healed.isEmpty { return [] }
    return healed.sorted { $0.place < $1.place }.map(\.finding)
  }

  /// The reported findings: alarms before notes, those that are present first, then the most
  /// severe, then the earliest.
  var findings: [Finding] {
    let reported = entries.values.compactMap { entry in
      entry.report.map { (finding: $0, place: entry.place) }
    }
    return reported.sorted {
      let (one, other) = ($0.finding, $1.finding)
      return (ReportOrder(one.severity, isPresent: one.isPresent), $0.place)
        < (ReportOrder(other.severity, isPresent: other.isPresent), $1.place)
    }.map(\.finding)
  }

  /// The spans of every reported topic, in the order in which they were first found.
  var rows: [HealthHistory.Row] {
    entries.filter { $0.value.report != nil }.sorted { $0.value.place < $1.value.place }.map {
      HealthHistory.Row(
        kind: $0.key.kind, layer: $0.key.layer, gate: $0.key.gate, spans: $0.value.spans)
    }
  }
}

extension FindingLedger.Entry {
  /// The spans that are kept apart; after that, the oldest two become one.
  private static var memory: Int { 256 }

  /// Adds what was found at a step, and returns it if it is new, more severe or present again.
  fileprivate mutating func note(_ finding: Finding, at step: Int) -> Finding? {
    if report == nil, misses > 0 {
      // What did not last is forgotten.
      (firstStep, observations) = (finding.step, 0)
    }
    (misses, lastStep) = (0, step)
    observations += 1
    propose(finding)
    // Until a severity has lasted, a finding has the highest one that has.
    let severity = confirmedSeverity(of: finding)
    guard let old = report?.severity, let wasPresent = report?.isPresent else {
      guard let severity else { return nil }
      var new = finding
      new.severity = severity
      new.follow(finding, at: step, since: firstStep, observations)
      report = new
      spans.append(HealthHistory.Span(new, from: firstStep, to: step))
      return new
    }
    // What comes back has to last again.
    if !wasPresent, !finding.kind.isEvent, severity == nil { return nil }
    // An event that happens again is another one.
    let isBack = finding.kind.isEvent ? finding.step > (spans.last?.lastStep ?? 0) : !wasPresent
    let isWorse = severity.map { $0 > old } ?? false
    if let severity, isWorse {
      var new = finding
      new.severity = severity
      if let report { new.inherit(report) }
      report = new
    }
    report?.follow(finding, at: step, since: firstStep, observations)
    if isBack, let report {
      if spans.count == Self.memory {
        let isUpper = finding.measured > finding.threshold
        spans.replaceSubrange(0..<2, with: [spans[0].merged(with: spans[1], isUpper: isUpper)])
      }
      var span = finding
      span.severity = severity ?? report.severity
      spans.append(HealthHistory.Span(span, from: finding.step, to: step))
    } else {
      spans[spans.count - 1].extend(finding, at: step, to: report?.severity ?? old)
    }
    if isBack, !isWorse, let report { return finding.as(report) }
    return isWorse ? report : nil
  }

  /// Counts an observation without the finding, and returns it if it has healed.
  fileprivate mutating func miss(at step: Int, healing: Int) -> Finding? {
    guard report?.isPresent ?? !candidates.isEmpty else { return nil }
    misses += 1
    candidates = [:]
    guard let kind = report?.kind else { return nil }
    if kind.isEvent {
      report?.isPresent = false
    } else if misses >= 2, step - lastStep >= healing {
      report?.isPresent = false
      return report
    }
    return nil
  }

  /// Counts the severities up to that of the finding, and forgets those above it.
  fileprivate mutating func propose(_ finding: Finding) {
    for severity in Finding.Severity.allCases {
      if severity > finding.severity {
        candidates[severity] = nil
      } else if candidates[severity] != nil {
        candidates[severity]?.observations += 1
      } else {
        candidates[severity] = .init(since: finding.step)
      }
    }
  }

  /// The highest severity that has lasted for as long as the finding demands.
  fileprivate func confirmedSeverity(of finding: Finding) -> Finding.Severity? {
    if finding.patience == 0 { return finding.severity }
    return Finding.Severity.allCases.last { severity in
      candidates[severity].map {
        $0.observations >= 2 && finding.step - $0.since >= finding.patience
      } ?? false
    }
  }
}

extension Finding {
  /// What was found again, with the severity and the life of the report.
  fileprivate func `as`(_ report: Finding) -> Finding {
    var again = self
    (again.severity, again.presentSeverity) = (report.severity, report.presentSeverity)
    (again.firstStep, again.lastStep) = (report.firstStep, report.lastStep)
    (again.observations, again.isPresent) = (report.observations, report.isPresent)
    (again.worst, again.worstStep) = (report.worst, report.worstStep)
    return again
  }

  /// Takes over the life of the report that it replaces.
  fileprivate mutating func inherit(_ old: Finding) {
    if !isWorse(than: old.worst) { (worst, worstStep) = (old.worst, old.worstStep) }
  }

  /// Goes on to `latest`, found at a step.
  fileprivate mutating func follow(
    _ latest: Finding, at step: Int, since first: Int, _ count: Int
  ) {
    (firstStep, observations, isPresent) = (first, count, true)
    lastStep = kind.isEvent ? latest.step : step
    presentSeverity = latest.severity
    if latest.isWorse(than: worst) { (worst, worstStep) = (latest.measured, latest.step) }
  }
}
