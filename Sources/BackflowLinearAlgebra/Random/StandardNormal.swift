/// The standard normal distribution, with identical results on every platform.
package enum StandardNormal {
  /// Returns the `p`-quantile for 0 < p < 1, with a relative error of about 1e-15.
  ///
  /// Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied
  /// Statistics 37 (1988): rational functions of p − ½ near the center and of √(−ln min(p, 1 − p))
  /// in the tails, with the coefficients of the paper.
  package static func quantile(_ p: Double) -> Double {
    let q = p - 0.5
    if abs(q) <= 0.425 {
      return q * middle.value(at: 0.180625 - q * q)
    }
    let r = (-naturalLogarithm(min(p, 1 - p))).squareRoot()
    let magnitude = r <= 5 ? tail.value(at: r - 1.6) : farTail.value(at: r - 5)
    return q < 0 ? -magnitude : magnitude
  }

  /// Returns ln x for finite x > 0, with an error of a few units in the last place.
  ///
  /// x = m·2ᵉ with m in [√½, √2); ln m = 2·artanh s = 2(s + s³/3 + …) with s = (m − 1)/(m + 1). As
  /// |s| < 0.172, thirteen terms suffice for double precision.
  package static func naturalLogarithm(_ x: Double) -> Double {
    var exponent = Double(x.exponent)
    var mantissa = x.significand
    if mantissa > 1.4142135623730951 {
      mantissa /= 2
      exponent += 1
    }
    let s = (mantissa - 1) / (mantissa + 1)
    let square = s * s
    var series = 0.0
    for odd in stride(from: 25.0, through: 3, by: -2) { series = (series + 1 / odd) * square }
    return exponent * 0.6931471805599453 + 2 * s * (1 + series)
  }

  private static let middle = RationalFunction(
    numerator: [
      3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3,
      1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
      3.3430575583588128105e4, 2.5090809287301226727e3,
    ],
    denominator: [
      1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
      2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
      5.2264952788528545610e3,
    ])

  private static let tail = RationalFunction(
    numerator: [
      1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550,
      3.64784832476320460504, 1.27045825245236838258, 2.41780725177450611770e-1,
      2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ],
    denominator: [
      1, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
      1.05075007164441684324e-9,
    ])

  private static let farTail = RationalFunction(
    numerator: [
      6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580,
      2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
      2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ],
    denominator: [
      1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
      2.04426310338993978564e-15,
    ])
}

/// A quotient of two polynomials, with coefficients in ascending order of degree.
private struct RationalFunction: Sendable {
  let numerator: [Double]
  let denominator: [Double]

  func value(at x: Double) -> Double { horner(numerator, x) / horner(denominator, x) }

  private func horner(_ coefficients: [Double], _ x: Double) -> Double {
    coefficients.reversed().reduce(0) { $0 * x + $1 }
  }
}
