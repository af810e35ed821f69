internal import BackflowKernels

/// Applies one rule after the other to an observation, and notes what they find.
struct Judge<Scalar: RealScalar>: RuleVisitor {
  let observation: StepObservation<Scalar>
  let thresholds: Thresholds
  let silence: Silence
  var ledger: FindingLedger
  /// The findings that are new, more severe than before, or present again.
  private(set) var changed: [Finding] = []
  /// The findings that have healed.
  private(set) var healed: [Finding] = []

  init(
    _ observation: consuming StepObservation<Scalar>, _ thresholds: Thresholds, _ silence: Silence,
    _ ledger: consuming FindingLedger
  ) {
    (self.observation, self.thresholds) = (observation, thresholds)
    (self.silence, self.ledger) = (silence, ledger)
  }

  @inline(__always)
  mutating func visit<Rule: HealthRule<Scalar>>(_ rule: inout Rule, _ name: String) {
    note(rule.findings(in: observation, thresholds), by: name)
    if ledger.hasFindings(of: name) {
      healed += ledger.settle(name, at: observation.step, healing: thresholds.patience) {
        rule.examines($0, in: observation)
      }
    }
  }

  private mutating func note(_ found: [Finding], by name: String) {
    for finding in found where !silence.covers(finding) {
      if let change = ledger.note(finding, by: name, at: observation.step) {
        changed.append(change)
      }
    }
  }
}
