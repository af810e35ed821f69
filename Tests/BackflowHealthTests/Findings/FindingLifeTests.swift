import Backflow
import Testing

/// A rule that finds what it is told, step by step.
private struct Script: HealthRule {
  /// The severity and the figure at each step; nothing where `nil`.
  var steps: [Int: (Finding.Severity, Double)] = [:]
  var patience = 0

  init(_ steps: [Int: (Finding.Severity, Double)], patience: Int = 0) {
    (self.steps, self.patience) = (steps, patience)
  }

  init(from decoder: any Decoder) throws {}
  func encode(to encoder: any Encoder) throws {}

  func findings(
    in observation: StepObservation<Double>, _ thresholds: Thresholds
  ) -> [Finding] {
    guard let (severity, figure) = steps[observation.step] else { return [] }
    return [
      Finding(
        .other, severity, layer: "a", step: observation.step, measured: figure, threshold: 0.5,
        source: "", statement: "it is \(figure)", reason: "", cure: "", patience: patience)
    ]
  }
}

@Suite struct `The life of a finding` {
  /// The monitor after these steps, and what it returned at each.
  private func run(
    _ script: Script, every interval: Int = 1, to last: Int
  ) -> (monitor: HealthMonitor<Double>, changes: [Int: [Finding]]) {
    var monitor = HealthMonitor<Double>(every: interval, rules: [script])
    var changes: [Int: [Finding]] = [:]
    for step in 0...last {
      let changed = monitor.observe(step) { _ in }
      if !changed.isEmpty { changes[step] = changed }
    }
    return (monitor, changes)
  }

  @Test func `counts observations and keeps the worst, with its step`() throws {
    let (monitor, changes) = run(
      Script([3: (.warning, 0.6), 4: (.warning, 0.9), 5: (.warning, 0.7)]), to: 5)
    let finding = try #require(monitor.findings.first)
    #expect(finding.firstStep == 3 && finding.lastStep == 5 && finding.observations == 3)
    #expect(finding.worst == 0.9 && finding.worstStep == 4 && finding.isPresent)
    #expect("\(finding)".hasPrefix("warning, since step 3 (3 observations, worst 0.9 at step 4)"))
    #expect(changes.keys.sorted() == [3])
  }

  @Test func `the smallest figure is the worst where the limit is a lower one`() throws {
    let (monitor, _) = run(Script([0: (.note, 0.3), 1: (.note, 0.1), 2: (.note, 0.2)]), to: 2)
    #expect(monitor.findings.map(\.worst) == [0.1])
  }

  @Test func `ends when it has been absent for twenty steps`() throws {
    let (monitor, changes) = run(Script([3: (.warning, 0.6), 4: (.warning, 0.7)]), to: 40)
    let finding = try #require(monitor.findings.first)
    #expect(!finding.isPresent && finding.lastStep == 4)
    #expect(changes.keys.sorted() == [3, 24] && changes[24]?.map(\.isPresent) == [false])
    #expect("\(monitor)".hasPrefix("warning, from step 3 to step 4 (2 observations"))
  }

  @Test func `begins again where it comes back`() {
    let (monitor, changes) = run(Script([3: (.warning, 0.6), 60: (.warning, 0.6)]), to: 90)
    #expect(changes.keys.sorted() == [3, 23, 60, 80])
    #expect(monitor.findings.map(\.firstStep) == [3])
    #expect(monitor.history.rows.map { $0.spans.map(\.firstStep) } == [[3, 60]])
    #expect(monitor.history.steps == 0...90)
  }

  @Test func `is kept in at most 256 spans, of which the oldest are joined`() throws {
    let steps = stride(from: 0, to: 300 * 30, by: 30)
    let script = Script(
      Dictionary(uniqueKeysWithValues: steps.map { ($0, (.note, $0 == 60 ? 0.9 : 0.6)) }))
    let spans = try #require(run(script, to: 300 * 30).monitor.history.rows.first).spans
    #expect(spans.count == 256 && spans.last?.firstStep == 299 * 30)
    #expect(spans[0].firstStep == 0 && spans[0].lastStep == 44 * 30 && spans[0].worst == 0.9)
  }

  // The same steps are asked for, however many of them are observed.
  @Test(arguments: [1, 4, 10]) func `starts after its patience in steps`(interval: Int) throws {
    let always = Dictionary(
      uniqueKeysWithValues: (0...60).map { ($0, (Finding.Severity.failure, 1.0)) })
    let (monitor, changes) = run(Script(always, patience: 20), every: interval, to: 60)
    let finding = try #require(monitor.findings.first)
    #expect(changes.keys.sorted() == [20])
    #expect(finding.firstStep == 0 && finding.severity == .failure)
    #expect(finding.observations == 60 / interval + 1)
  }

  @Test func `does not start if it is interrupted`() {
    let broken = (0...60).filter { $0 % 15 != 14 }
    let steps = Dictionary(
      uniqueKeysWithValues: broken.map { ($0, (Finding.Severity.failure, 1.0)) })
    #expect(run(Script(steps, patience: 20), to: 60).monitor.findings.isEmpty)
  }

  @Test func `becomes more severe only after the patience of the severity`() throws {
    var steps: [Int: (Finding.Severity, Double)] = [:]
    for step in 0..<10 { steps[step] = (.note, 0.6) }
    for step in 10..<50 { steps[step] = (.warning, 0.9) }
    var script = Script(steps, patience: 0)
    #expect(run(script, to: 9).monitor.alarms.isEmpty)
    script.patience = 20
    let (monitor, changes) = run(script, to: 49)
    #expect(changes.mapValues { $0.map(\.severity) } == [20: [.note], 30: [.warning]])
    #expect(monitor.findings.map(\.firstStep) == [0])
    #expect(monitor.history.rows.flatMap { $0.spans.map(\.severity) } == [.warning])
  }

  @Test func `is past at once for an event`() throws {
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) { $0.recordLoss(.nan) }
    #expect(monitor.findings.map(\.isPresent) == [true])
    monitor.observe(1) { $0.recordLoss(1) }
    #expect(monitor.findings.map(\.isPresent) == [false])
    #expect("\(monitor.findings[0])".hasPrefix("failure, at step 0"))
  }

  @Test func `puts what is so now before what was, and alarms before notes`() {
    let both = [30: (Finding.Severity.warning, 0.6), 31: (.warning, 0.6)]
    var monitor = HealthMonitor<Double>(rules: [Script(both)])
    for step in 0...31 {
      monitor.observe(step) {
        $0.recordActivation("b", .tanh, output: step == 0 ? .ones([4, 4]) : .zeros([4, 4]))
      }
    }
    #expect(monitor.findings.map(\.layer) == ["a", "b"])
    #expect(monitor.findings.map(\.severity) == [.warning, .failure])
    monitor = HealthMonitor<Double>(rules: [Script(both.mapValues { (.note, $0.1) })])
    for step in 0...31 {
      monitor.observe(step) {
        $0.recordActivation("b", .tanh, output: step == 0 ? .ones([4, 4]) : .zeros([4, 4]))
      }
    }
    #expect(monitor.findings.map(\.layer) == ["b", "a"])
  }
}
