internal import BackflowKernels
internal import RealModule

/// The curvature of a loss at the parameters of a model: the largest and the smallest eigenvalue of
/// its Hessian, or of the preconditioned Hessian that decides whether an optimizer's steps are
/// stable.
///
/// Each residual ‖H v − λ v‖, of a unit vector v, bounds the distance from λ to an eigenvalue of H.
/// (It includes the error of the differences in this product.)
public struct Sharpness: Sendable, Equatable, Codable {
  /// An eigenvalue with its residual.
  public struct Eigenvalue: Sendable, Equatable, Codable {
    /// λ
    public let value: Double
    /// ‖H v − λ v‖
    public let residual: Double
  }

  /// The steps of an optimizer, and the curvature up to which they are stable.
  public struct Step: Sendable, Equatable, Codable {
    /// η
    public let learningRate: Double
    /// The largest stable eigenvalue. ∞ is stored as the largest finite number.
    public let limit: Double
    /// The limit as a formula, such as "2/η".
    public let formula: String
    /// Whether the eigenvalues are those of the preconditioned Hessian.
    public let isPreconditioned: Bool

    enum CodingKeys: String, CodingKey {
      case limit, formula
      case learningRate = "learning_rate"
      case isPreconditioned = "is_preconditioned"
    }
  }

  /// The sharpness, λ_max.
  public let largest: Eigenvalue
  /// λ_min, which is negative unless the loss is convex here.
  public let smallest: Eigenvalue
  /// The loss.
  public let loss: Double
  /// The steps of the optimizer, or `nil` without one, or if its limit is unknown.
  public let step: Step?
  /// Whether the residual of λ_max reached the tolerance. If not, λ_max is a lower bound up to its
  /// residual.
  public let isConverged: Bool
  /// The number of gradients that were computed.
  public let evaluations: Int

  enum CodingKeys: String, CodingKey {
    case largest, smallest, loss, step, evaluations
    case isConverged = "is_converged"
  }

  /// λ_max/limit, which is how many times the step is longer than the longest stable one; `nil` if
  /// the limit is unknown. Steps that are longer than that raise a quadratic loss.
  public var stepRatio: Double? { step.map { largest.value / $0.limit } }
}

extension Sharpness {
  /// A finding if the step is longer than the longest stable one, with certainty: by more than the
  /// residual.
  ///
  /// - Parameters:
  ///   - number: The number of the training step.
  ///   - thresholds: The limits of the rules.
  public func findings(step number: Int, _ thresholds: Thresholds = Thresholds()) -> [Finding] {
    guard let step, let ratio = stepRatio,
      (largest.value - largest.residual) / step.limit > thresholds.unstableStep
    else { return [] }
    return [
      Finding(
        .unstableStep, .warning, layer: "the loss", step: number, measured: ratio,
        threshold: thresholds.unstableStep,
        source: "λ_max/(\(step.formula)), from the characteristic polynomial of a step on a"
          + " quadratic; J. Cohen et al., arXiv:2103.00065 and arXiv:2207.14484",
        statement:
          "the step is \(figure(ratio)) times the longest stable one: the largest eigenvalue"
          + " of the \(step.hessian) is \(figure(largest.value)) ± \(figure(largest.residual)), and at"
          + " a learning rate of \(figure(step.learningRate)) steps are stable up to \(step.formula) ="
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

extension Sharpness: CustomStringConvertible {
  /// "sharpness 620 ± 0.1, smallest eigenvalue −3.2 ± 0.4; the step is 3.1 times the longest stable
  /// one (2/η = 200), so that the loss rises along the eigenvector".
  public var description: String {
    let ends =
      "sharpness \(figure(largest.value)) ± \(figure(largest.residual)), smallest eigenvalue"
      + " \(figure(smallest.value)) ± \(figure(smallest.residual))"
      + (isConverged ? "" : " (not converged: the sharpness may be larger)")
    guard let step, let ratio = stepRatio else { return ends }
    let effect = ratio > 1 ? "rises" : "does not rise"
    return ends + "; the step is \(figure(ratio)) times the longest stable one (\(step.formula) ="
      + " \(figure(step.limit)) for the \(step.hessian)), so that the loss \(effect) along the"
      + " eigenvector"
  }
}
