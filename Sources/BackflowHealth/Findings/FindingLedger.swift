/// The memory of a monitor: for each kind, layer and gate, what was found, since when, and whether
/// it is so now.
struct FindingLedger: Sendable, Codable {
  /// The key by which findings at two steps are the same.
  struct Topic: Hashable, Sendable, Codable {
    let kind: Finding.Kind
    let layer: String
    let gate: String?

    init(_ finding: Finding) {
      (kind, layer, gate) = (finding.kind, finding.layer, finding.gate)
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
    /// The rule that finds it; `nil` if another monitor does.
    let rule: String?
    let place: Int
    var spans: [HealthHistory.Span] = []
    /// The first and last step and the number of observations, counted before it is reported as
    /// well.
    var firstStep: Int
    var lastStep: Int
    var observations = 0
  }

  /// The spans of a topic that are kept apart; after that, the oldest two become one.
  private static let memory = 256

  private var entries: [Topic: Entry] = [:]

  /// Whether nothing has been found so far.
  var isEmpty: Bool { entries.isEmpty }

  /// Adds what a rule, or another monitor if `nil`, found at a step.
  ///
  /// - Returns: The finding, if it is new, more severe than before, or present again.
  mutating func note(_ finding: Finding, by rule: String?, at step: Int) -> Finding? {
    let topic = Topic(finding)
    var entry =
      entries[topic]
      ?? Entry(
        rule: rule, place: entries.count, firstStep: finding.step, lastStep: finding.step)
    defer { entries[topic] = entry }
    if entry.report == nil, entry.misses > 0 {
      // What did not last is forgotten.
      (entry.firstStep, entry.observations) = (finding.step, 0)
    }
    (entry.misses, entry.lastStep) = (0, step)
    entry.observations += 1
    entry.propose(finding)
    // Until a severity has lasted, a finding has the highest one that has.
    let severity = entry.confirmedSeverity(of: finding)
    guard var report = entry.report else {
      guard let severity else { return nil }
      var report = finding
      report.severity = severity
      report.follow(finding, since: entry.firstStep, entry.observations)
      entry.report = report
      entry.spans.append(HealthHistory.Span(report, from: entry.firstStep))
      return report
    }
    let isBack = !report.isPresent && !finding.kind.isEvent
    let isWorse = severity.map { $0 > report.severity } ?? false
    if let severity, isWorse {
      let old = report
      report = finding
      report.severity = severity
      report.inherit(old)
    }
    report.follow(finding, since: entry.firstStep, entry.observations)
    entry.report = report
    if isBack {
      if entry.spans.count == Self.memory {
        let isUpper = finding.measured > finding.threshold
        let oldest = entry.spans[0].merged(with: entry.spans[1], isUpper: isUpper)
        entry.spans.replaceSubrange(0..<2, with: [oldest])
      }
      entry.spans.append(HealthHistory.Span(report, from: finding.step))
    } else {
      entry.spans[entry.spans.count - 1].extend(finding, to: report.severity)
    }
    return isWorse || isBack ? report : nil
  }

  /// Records that a rule has looked at a step: what it found before, and not now, has healed if it
  /// has been absent for two observations and `healing` steps.
  ///
  /// - Returns: The findings that have healed.
  mutating func settle(_ rule: String, at step: Int, healing: Int) -> [Finding] {
    var healed: [(place: Int, finding: Finding)] = []
    for (topic, entry) in entries where entry.rule == rule && entry.lastStep < step {
      guard entry.report?.isPresent ?? !entry.candidates.isEmpty else { continue }
      var entry = entry
      entry.misses += 1
      entry.candidates = [:]
      if var report = entry.report {
        if topic.kind.isEvent {
          report.isPresent = false
        } else if entry.misses >= 2, step - entry.lastStep >= healing {
          report.isPresent = false
          healed.append((entry.place, report))
        }
        entry.report = report
      }
      entries[topic] = entry
    }
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
      return (ReportOrder(other.severity, isPresent: other.isPresent), $0.place)
        < (ReportOrder(one.severity, isPresent: one.isPresent), $1.place)
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
  /// Takes over the life of the report that it replaces.
  fileprivate mutating func inherit(_ old: Finding) {
    if !isWorse(than: old.worst) { (worst, worstStep) = (old.worst, old.worstStep) }
  }

  /// Goes on to the step of `latest`.
  fileprivate mutating func follow(_ latest: Finding, since first: Int, _ count: Int) {
    (firstStep, lastStep, observations, isPresent) = (first, latest.step, count, true)
    if latest.isWorse(than: worst) { (worst, worstStep) = (latest.measured, latest.step) }
  }
}
