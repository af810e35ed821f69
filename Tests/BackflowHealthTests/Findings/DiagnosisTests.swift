import Backflow
import Testing

@Suite struct `A diagnosis` {
  private func finding(
    _ kind: Finding.Kind, _ severity: Finding.Severity = .warning, layer: String = "x",
    step: Int = 0
  ) -> Finding {
    Finding(
      kind, severity, layer: layer, step: step, measured: 1, threshold: 0, source: "source",
      statement: "\(kind) of \(layer)", reason: "reason", cure: "cure of \(kind)")
  }

  private func diagnoses(_ findings: Finding...) -> [Diagnosis] {
    var monitor = HealthMonitor<Double>()
    monitor.add(findings)
    return monitor.diagnoses
  }

  @Test func `puts the symptoms below their cause, with its advice alone`() {
    let found = diagnoses(
      finding(.stuckLoss, step: 500), finding(.saturation, layer: "3"),
      finding(.vanishingGradient, .failure, layer: "2"), finding(.unsuitableInput, layer: "0"))
    #expect(found.map(\.cause.kind) == [.unsuitableInput])
    #expect(found[0].symptoms.map(\.kind) == [.saturation, .vanishingGradient, .stuckLoss])
    #expect(found[0].severity == .failure)
    #expect("\(found[0])".contains("try: cure of unsuitableInput"))
    #expect(!"\(found[0])".contains("cure of saturation"))
  }

  @Test func `lists alarms before notes, of which it leaves some out`() {
    var monitor = HealthMonitor<Double>()
    monitor.add([finding(.unsuitableInput)])
    monitor.add((0..<8).map { finding(.saturation, .note, layer: "note \($0)", step: 1) })
    monitor.add([finding(.stuckLoss, layer: "alarm", step: 500)])
    let words = "\(monitor)"
    #expect(words.contains("of alarm") && words.contains("and 3 more"))
  }

  @Test func `follows a chain of causes`() {
    let found = diagnoses(
      finding(.deadUnits, step: 10), finding(.vanishingGradient, step: 10),
      finding(.unchangedParameter, step: 20), finding(.longStep, step: 10))
    #expect(found.map(\.cause.kind) == [.longStep] && found[0].symptoms.count == 3)
  }

  @Test func `does not blame what came later, nor a note`() {
    #expect(
      diagnoses(finding(.saturation), finding(.longStep, step: 5)).map(\.cause.kind) == [
        .saturation, .longStep,
      ])
    #expect(
      diagnoses(finding(.unsuitableInput, .note), finding(.saturation)).map(\.cause.kind) == [
        .saturation, .unsuitableInput,
      ])
  }

  @Test func `names a kind once for all layers`() {
    let found = diagnoses(
      finding(.updateRatio, layer: "0.weight"), finding(.updateRatio, layer: "2.weight"))
    #expect(found.count == 1 && found[0].symptoms.map(\.layer) == ["2.weight"])
  }

  @Test func `keeps independent faults apart`() {
    let found = diagnoses(
      finding(.symmetricUnits, .failure), finding(.clipping), finding(.wrongMode))
    #expect(found.map(\.cause.kind) == [.symmetricUnits, .wrongMode])
    #expect(found[1].symptoms.map(\.kind) == [.clipping])
  }

  @Test func `has no kind that causes itself, or the cause of what it causes at the same step`() {
    for kind in Finding.Kind.allCases {
      for other in Finding.Kind.allCases where other != kind {
        let (one, two) = (finding(kind), finding(other))
        let (forth, back) = (diagnoses(one, two), diagnoses(two, one))
        // The order in which they were found does not matter.
        #expect(Set(forth.map(\.cause.kind)) == Set(back.map(\.cause.kind)), "\(kind), \(other)")
      }
      #expect(
        diagnoses(finding(kind), finding(kind, layer: "y")).count == (kind == .other ? 2 : 1))
    }
  }
}
