internal import BackflowKernels

extension LossAudit {
  private typealias Check = (errors: [Double], statement: String, cure: String)

  /// The defects of the function: a finding for a missing gradient, and one for a wrong gradient.
  public func findings(step: Int = 0) -> [Finding] {
    let blocked: [Check] = [
      (
        silenced, "has a gradient of exactly zero where it is not at its minimum",
        "Do not clip inside the loss: use a Huber loss, or clip the gradient."
      ),
      (
        unseen, "is no greater than the loss of smaller errors",
        "Take the magnitude in the mask, |δ| > k, and k(|δ| − k/2) beyond it."
      ),
    ]
    let wrong: [Check] = [
      (
        nonFinite, "is NaN or infinite, or its gradient is",
        "Look for a logarithm of 0, a division by 0, an exponential that overflows."
      ),
      (
        inconsistent, "has a gradient that is not its derivative",
        "Derive the backward pass again, piece by piece; check it with GradientCheck."
      ),
      (jumps, "jumps", "Let the branches meet: beyond the kink, k(|δ| − k/2)."),
    ]
    return [
      finding(
        .blockedGradient, blocked, step,
        reason: "Nothing is learned from such errors, however large they are."),
      finding(
        .wrongGradient, wrong, step, reason: "The wrong thing is learned from such errors."),
    ].compactMap { $0 }
  }

  private func finding(
    _ kind: Finding.Kind, _ checks: [Check], _ step: Int, reason: String
  ) -> Finding? {
    let failed = checks.filter { !$0.errors.isEmpty }
    if failed.isEmpty { return nil }
    let errors = Set(failed.flatMap(\.errors))
    let statements = failed.map {
      "\($0.statement), at δ = \($0.errors.map(figure).joined(separator: ", "))"
    }
    return Finding(
      kind, .failure, layer: name, step: step,
      measured: Double(errors.count) / Double(points.count), threshold: 0,
      source: "share of the trials at \(points.text)",
      statement: name + " " + statements.joined(separator: "; it "), reason: reason,
      cure: failed.map(\.cure).joined(separator: " "))
  }
}
