internal import BackflowKernels
internal import BackflowLinearAlgebra

/// A factor below 1 that may be out of any precision's range: share · 2^exponent, the share in
/// 0.5...1.
struct ClippingFactor {
  private let share: Double
  private let isExact: Bool
  private let exponent: Int
  private let margin: Int

  /// limit / (norm · 2^`power`), less `margin` units in the last place of the precision that
  /// multiplies unless that holds the quotient exactly.
  init(from norm: Double, times power: Int = 0, to limit: Double, margin: Int = 1) {
    let quotient = limit.significand / norm.significand
    isExact = margin == 1 && limit.significand.addingProduct(-quotient, norm.significand) == 0
    share = quotient < 1 ? quotient : quotient / 2
    exponent = Int(limit.exponent) - Int(norm.exponent) - power + (quotient < 1 ? 0 : 1)
    self.margin = margin
  }

  /// Numbers whose product is the factor, none above 1 or below the normal numbers: the first holds
  /// all of its digits, the others are powers of two.
  func factors<Scalar: RealScalar>(in _: Scalar.Type) -> [Scalar] {
    let digits = Scalar(roundedDown: share)
    let isExact = isExact && Double(digits) == share
    let rounded = isExact ? digits : digits - Scalar(margin) * digits.ulp
    let least = Int(Scalar.leastNormalMagnitude.exponent) + 2
    if exponent >= least { return [rounded * power(exponent)] }
    let powers = stride(from: exponent, to: 0, by: -least).map { power(max($0, least)) as Scalar }
    return [rounded] + powers
  }

  private func power<Scalar: RealScalar>(_ exponent: Int) -> Scalar {
    Scalar(sign: .plus, exponent: Scalar.Exponent(exponent), significand: 1)
  }
}

extension Parameterized {
  mutating func scale(by factor: ClippingFactor) {
    let factors = factor.factors(in: Scalar.self)
    visitParameters { _, gradient in for factor in factors { gradient *= factor } }
  }

  /// Moves every element toward 0 by the least positive number. This changes only elements that a
  /// factor just below 1 leaves unchanged.
  mutating func removeLastPlace() {
    let least = Scalar.leastNonzeroMagnitude
    visitParameters { _, gradient in gradient -= gradient.clamped(to: -least...least) }
  }
}

extension BinaryFloatingPoint {
  /// The largest number of the precision that is at most `value`, for a `value` that is not
  /// negative.
  init(roundedDown value: Double) {
    let nearest = Self(value)
    self = Double(nearest) > value ? nearest.nextDown : nearest
  }
}
