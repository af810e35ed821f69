internal import RealModule

/// What a recurrent weight implies for the gradient over many steps, after Pascanu, Mikolov and
/// Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.
///
/// The first is a proof, the second is not: σ_max > 1/γ is necessary for an exploding gradient and
/// not sufficient, whatever ρ is, because φ′ may stay below γ.
public enum Verdict: String, Sendable, Codable, CaseIterable {
  /// σ_max < 1/γ: every step shortens the backward signal, so it vanishes exponentially.
  case mustVanish = "must vanish"
  /// σ_max > 1/γ and ρ > 1/γ: a step can lengthen the signal, and where the units are in their
  /// steep part the growth compounds.
  case mayExplode = "may explode"
  /// Neither: the weight alone does not tell.
  case undecided

  /// Decides against the critical figure 1/γ: σ_max by more than `margin`, its rounding, and the spectral
  /// radius by the least that it is in spite of rounding.
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
  /// The reason of the verdict in a sentence or two.
  public var explanation: String {
    isFarFromNormal && verdict != .mustVanish ? reason + " " + departureFromNormality : reason
  }

  private var reason: String {
    switch verdict {
    case .mustVanish:
      "Every step back multiplies the gradient by less than 1, so it vanishes exponentially."
    case .mayExplode:
      "A step back can lengthen the gradient, and the lengthening can compound while the units are"
        + " not saturated; clip it."
    case .undecided where largestSingularValue <= 1 / slopeBound + margin:
      "No step back lengthens the gradient, and none has to shorten it."
    case .undecided where isRadiusOpen:
      "A step back can lengthen the gradient; whether the lengthening compounds cannot be told, because"
        + " rounding alone may move the spectral radius across \(slopeBound == 1 ? "1" : "1/γ")."
    case .undecided:
      "A step back can lengthen the gradient, perhaps for many steps, but the powers of the weight"
        + " alone do not grow exponentially."
    }
  }

  private var departureFromNormality: String {
    let condition = eigenvalueConditions.first ?? 1
    let figure =
      condition.isFinite
      ? "of about 1e\(Int(Double.log10(condition).rounded()))" : "without bound"
    return "The weight is far from normal: its leading eigenvalue has a condition number"
      + " \(figure), and a gradient may grow for many steps whatever the eigenvalues are."
  }
}
