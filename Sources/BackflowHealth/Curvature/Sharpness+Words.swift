internal import BackflowKernels

extension Sharpness {
  /// A finding if the steps are unstable.
  ///
  /// - Parameters:
  ///   - number: The number of the training step.
  ///   - thresholds: The limits of the rules.
  public func findings(step number: Int, _ thresholds: Thresholds = Thresholds()) -> [Finding] {
    guard let step, let ratio = stepRatio,
      stability(upTo: thresholds.unstableStep) == .unstable
    else { return [] }
    return [
      Finding(
        .unstableStep, .warning, layer: "the loss", step: number, measured: ratio,
        threshold: thresholds.unstableStep,
        source: "λ_max/(\(step.formula)), from the characteristic polynomial of a step on a"
          + " quadratic; J. Cohen et al., arXiv:2103.00065 and arXiv:2207.14484",
        statement:
          "the step is \(figure(ratio)) times the longest stable one: the largest eigenvalue"
          + " of the \(step.hessian) is \(largest), and at a learning rate of"
          + " \(figure(step.learningRate)) steps are stable up to \(step.formula) ="
          + " \(figure(step.limit))",
        reason:
          "Along the eigenvector, each step overshoots the minimum by more than the one before:"
          + " the loss rises, until the curvature decreases or the training diverges.",
        cure:
          "A learning rate below \(figure(step.learningRate / ratio)), a warm-up, or weights that"
          + " start smaller.")
    ]
  }
}

extension Sharpness.Step {
  fileprivate var hessian: String {
    isPreconditioned ? "preconditioned Hessian" : "Hessian of the loss"
  }
}

extension Sharpness.Eigenvalue: CustomStringConvertible {
  /// "620 ± 0.12 (0.1 of the iteration, 0.02 of the differences)".
  public var description: String {
    "\(figure(value)) ± \(figure(uncertainty)) (\(figure(residual)) of the iteration,"
      + " \(figure(differenceError)) of the differences)"
  }
}

extension Sharpness: CustomStringConvertible {
  /// "sharpness 620 ± 0.12 (…), smallest eigenvalue −3.2 ± 0.4 (…); the step is 3.1 times the
  /// longest stable one (2/η = 200 for the Hessian of the loss), so that the loss rises along the
  /// eigenvector".
  public var description: String {
    let ends =
      "sharpness \(largest), smallest eigenvalue \(smallest)"
      + (isConverged ? "" : " (not converged: the sharpness may be larger)")
    guard let step, let ratio = stepRatio, let stability = stability() else { return ends }
    let effect =
      switch stability {
      case .stable: "so that the loss does not rise along the eigenvector"
      case .unstable: "so that the loss rises along the eigenvector"
      case .undecided: "which its errors leave open to be stable or not"
      }
    return ends + "; the step is \(figure(ratio)) times the longest stable one (\(step.formula) ="
      + " \(figure(step.limit)) for the \(step.hessian)), \(effect)"
  }
}
