internal import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// The curvature of a loss at the parameters of a model: the largest and the smallest eigenvalue of
/// its Hessian, or of the preconditioned Hessian that decides whether an optimizer's steps are
/// stable.
///
/// Two errors of different origin add up. The iteration stops before v is an eigenvector, which the
/// residual measures; and central differences give p ≈ H v instead of H v:
///
///     |λ − an eigenvalue of H| ≤ ‖H v − λ v‖ ≤ ‖p − λ v‖ + ‖p − H v‖,   ‖v‖ = 1
public struct Sharpness: Sendable, Equatable, Codable {
  /// An eigenvalue with its errors.
  public struct Eigenvalue: Sendable, Equatable, Codable {
    /// λ = vᵀ p
    public let value: Double
    /// ‖p − λ v‖, the error of the Lanczos iteration.
    public let residual: Double
    /// An estimate of ‖p − H v‖, the error of the central differences: the change of p when their
    /// step is doubled. That quadruples what they truncate and halves what rounding adds, so that
    /// the change is about three times the former and at least as large as the latter.
    public let differenceError: Double

    /// The sum of both errors. There is an eigenvalue of H within this distance from λ, as far as
    /// the estimate of the second is right.
    public var uncertainty: Double { residual + differenceError }

    enum CodingKeys: String, CodingKey {
      case value, residual
      case differenceError = "difference_error"
    }
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

  /// The sharpness, λ_max, as the largest eigenvalue that was found.
  ///
  /// The errors say how close an eigenvalue is, not that there is no larger one. In exact
  /// arithmetic, a Lanczos iteration from a random start finds the largest with probability one, if
  /// it goes on until the space is invariant. One that ends at a tolerance may miss an eigenvalue
  /// slightly above others, and one that starts from the last eigenvector may lag behind an
  /// eigenvalue that has overtaken the last since then.
  public let largest: Eigenvalue
  /// λ_min, which is negative unless the loss is convex here.
  public let smallest: Eigenvalue
  /// The loss. A value that is not finite is encoded as "inf", "-inf" or "nan".
  @ExtendedReal public private(set) var loss: Double
  /// The steps of the optimizer; `nil` without one, or if its limit is unknown.
  public let step: Step?
  /// Whether the iteration reached its tolerance and stayed within it for eight more products. In
  /// any case, λ_max is a lower bound up to its uncertainty.
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
