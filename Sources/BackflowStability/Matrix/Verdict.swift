internal import RealModule

/// The effect of a recurrent weight on the gradient over many steps, after Pascanu, Mikolov and
/// Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.
///
/// `mustVanish` is proven. `mayExplode` is not: σ_max > 1/γ is necessary for an exploding gradient
/// but not sufficient, for any ρ, because φ′ may remain below γ.
public enum Verdict: String, Sendable, Codable, CaseIterable {
  /// σ_max < 1/γ: every step shortens the backward signal, which therefore vanishes exponentially.
  case mustVanish = "must vanish"
  /// σ_max > 1/γ and ρ > 1/γ: a step can amplify the signal, and the growth compounds while the
  /// units are not saturated.
  case mayExplode = "may explode"
  /// Neither condition holds, and the weight alone does not determine the effect.
  case undecided

  /// Compares the figures with the critical value 1/γ: σ_max with a tolerance of `margin`, its
  /// rounding error, and the spectral radius by its lower bound.
  init(
    spectralRadius: Double, largestSingularValue: Double, critical: Double, margin: Double
  ) {
    self =
      if largestSingularValue + margin < critical {
        .mustVanish
      } else if largestSingularValue - margin > critical && spectralRadius > critical {
        .mayExplode
      } else {
        .undecided
      }
  }
}

extension Spectrum {
  /// The reason for the verdict, in one or two sentences, or `nil` if there is no verdict.
  public var explanation: String? {
    guard let verdict, let slopeBound else { return nil }
    let reason = reason(verdict, slopeBound)
    return isFarFromNormal && verdict != .mustVanish
      ? reason + " " + departureFromNormality : reason
  }

  private func reason(_ verdict: Verdict, _ slopeBound: Double) -> String {
    switch verdict {
    case .mustVanish:
      "Every step back multiplies the gradient by less than 1, so it vanishes exponentially."
    case .mayExplode:
      "A step back can amplify the gradient, and the growth can compound while the units are"
        + " not saturated. Clip the gradient."
    case .undecided where largestSingularValue <= 1 / slopeBound + margin:
      "To within the rounding of the weight, no step back amplifies the gradient, and no step"
        + " necessarily shortens it."
    case .undecided where isRadiusOpen:
      "A step back can amplify the gradient. Whether the growth compounds is undecided, because"
        + " rounding may move the spectral radius across \(slopeBound == 1 ? "1" : "1/γ")."
    case .undecided:
      "A step back can amplify the gradient, perhaps for many steps, but the powers of"
        + " \(slopeBound == 1 ? "the weight" : "γ·W") do not grow exponentially."
    }
  }

  private var departureFromNormality: String {
    let condition = eigenvalueConditions.first ?? 1
    let figure =
      condition.isFinite
      ? "of about 1e\(Int(Double.log10(condition).rounded()))" : "that is unbounded"
    return "The weight is far from normal: its leading eigenvalue has a condition number"
      + " \(figure), and a gradient may grow for many steps even if the eigenvalues are small."
  }
}
