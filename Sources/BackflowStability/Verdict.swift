/// What a recurrent weight implies for the gradient over many steps, after Pascanu, Mikolov and
/// Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.
///
/// The first is a proof, the second is not: σ_max > 1/γ is necessary for an exploding gradient and
/// not sufficient, whatever ρ is, because φ′ may stay below γ.
public enum Verdict: String, Sendable, Codable, CaseIterable {
  /// σ_max < 1/γ: every step shortens the backward signal, so it vanishes exponentially.
  case mustVanish = "must vanish"
  /// σ_max > 1/γ and ρ > 1: a step can lengthen the signal, and where the units are in their
  /// steep part the growth compounds.
  case mayExplode = "may explode"
  /// Neither: the weight alone does not tell.
  case undecided

  init(spectralRadius: Double, largestSingularValue: Double, slopeBound: Double) {
    self =
      if largestSingularValue < 1 / slopeBound {
        .mustVanish
      } else if largestSingularValue > 1 / slopeBound && spectralRadius > 1 {
        .mayExplode
      } else {
        .undecided
      }
  }

  /// The reason in a sentence.
  public var explanation: String {
    switch self {
    case .mustVanish:
      "Every step back multiplies the gradient by less than 1, so it vanishes exponentially."
    case .mayExplode:
      "A step back can lengthen the gradient, and the lengthening can compound where the units"
        + " are not saturated; clip it."
    case .undecided:
      "The weight alone does not tell: a step back can lengthen the gradient, but no direction"
        + " keeps growing."
    }
  }
}
