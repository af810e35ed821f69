/// Whether the steps of an optimizer are stable on the quadratic approximation of a loss.
public enum StepStability: String, Sendable, Codable, CaseIterable {
  /// The largest eigenvalue that was found is below the limit by more than its errors. It need not
  /// be the largest of all, see `Sharpness.largest`.
  case stable
  /// An eigenvalue is above the limit by more than its errors: the loss rises along its
  /// eigenvector.
  case unstable
  /// The errors of the largest eigenvalue are too large to tell.
  case undecided
}

extension Sharpness {
  /// Returns whether the steps are stable, which the description and the findings state alike;
  /// `nil` if the limit is unknown.
  ///
  /// They are unstable only if λ_max is above the limit by more than its uncertainty, and stable
  /// only if it is below by that much and the iteration has converged. The uncertainty includes an
  /// estimate, so that neither is proved.
  ///
  /// - Parameter multiple: The multiple of the limit up to which steps count as stable.
  public func stability(upTo multiple: Double = Thresholds().unstableStep) -> StepStability? {
    guard let step else { return nil }
    let limit = multiple * step.limit
    if largest.value - largest.uncertainty > limit { return .unstable }
    return isConverged && largest.value + largest.uncertainty <= limit ? .stable : .undecided
  }
}
