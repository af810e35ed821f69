import BackflowLinearAlgebra
import Foundation
import TestSupport
import Testing

@Suite struct `The normal quantile` {
  // Computed to 40 digits with mpmath: √2·erfinv(2p − 1), and below 0.01 the root of
  // ln(erfc(−x/√2)/2) = ln p, where p is the double nearest to the literal.
  static let known: [(Double, Double)] = [
    (0.5, 0), (0.6, 0.2533471031357997413), (0.75, 0.6744897501960817432),
    (0.9, 1.281551565544600593), (0.925, 1.439531470938456229), (0.975, 1.959963984540053856),
    (0.0749999, -1.439532177375900586), (0.07500001, -1.439531400294750923),
    (0.99, 2.326347874040840768), (0.001, -3.090232306167813535),
    (1e-10, -6.361340902404056199), (1.3e-11, -6.667611456510740835),
    (1.4e-11, -6.656723091518183636), (1e-15, -7.941345326170996771),
    (0x1p-53, -8.209536151601386856), (1e-20, -9.262340089798407580),
    (1e-50, -14.93333753478848898), (1e-100, -21.27345356096532429),
    (1e-300, -37.04709629936119924),
  ]

  @Test(arguments: known)
  func `has known values, near the center and far in the tails`(p: Double, z: Double) {
    let quantile = StandardNormal.quantile(p)
    if z == 0 {
      #expect(quantile == 0)
    } else {
      expectClose([quantile / z], [1], Tolerance(Double.self, length: 1, scale: 1))
    }
  }

  @Test func `is odd about ½`() {
    // 1 − p is exact for these.
    for exponent in 2...52 {
      let p = Double(sign: .plus, exponent: -exponent, significand: 1)
      #expect(StandardNormal.quantile(p) == -StandardNormal.quantile(1 - p))
    }
  }

  @Test func `inverts the distribution function and increases`() {
    var previous = -Double.infinity
    for step in 1..<2000 {
      let p = Double(step) / 2000
      let z = StandardNormal.quantile(p)
      #expect(z > previous)
      previous = z
      expectClose([phi(z)], [p], Tolerance(Double.self, length: 4, scale: 1))
    }
  }
}

@Suite struct `The logarithm of the random source` {
  @Test func `agrees with the platform's`() {
    var x = 1e-300
    while x < 1e300 {
      expectClose(
        [StandardNormal.naturalLogarithm(x) / Foundation.log(x)], [1],
        Tolerance(Double.self, length: 1, scale: 1))
      x *= 7.3
    }
    let root = 2.0.squareRoot()
    for x in [0.5, 0.7, root / 2, (root / 2).nextUp, 0.999, 1.001, root, root.nextUp, 1.999] {
      expectClose(
        [StandardNormal.naturalLogarithm(x) / Foundation.log(x)], [1],
        Tolerance(Double.self, length: 1, scale: 1))
    }
    #expect(StandardNormal.naturalLogarithm(1) == 0)
  }
}

@Suite struct `A normal number` {
  @Test func `has the same bits on every platform`() {
    // The quantile of ((next() >> 12) + ½)·2⁻⁵² for seed 7, where Wichura's rational functions are
    // evaluated in the same order by a Python implementation, whose floats are doubles. All values
    // were compared with mpmath.
    let expected = [
      0x1.0d57a392cbcbbp-1, -0x1.2c50f78a475afp-1, 0x1.fc610ccbe7654p-1, 0x1.09da130051383p+1,
      0x1.2e117b729d826p+1, 0x1.23bcf615b3c4dp+0, -0x1.8c69e5bedf05cp+0, -0x1.41b56912daf8bp+0,
    ]
    var source = RandomSource(seed: 7)
    #expect(expected.map { _ in source.normal() } == expected)
  }

  @Test func `is finite at both ends, and symmetric`() {
    var largest = RandomSource(state: (0, allOnesNext, 0, 0))
    var smallest = RandomSource(state: (1, 0, 0, 0))
    let (upper, lower) = (largest.normal(), smallest.normal())
    #expect(upper == -lower)
    expectClose([upper], [8.209536151601386856], Tolerance(Double.self, length: 1, scale: 8))
  }

  @Test func `has mean 0, variance 1, no skew and the kurtosis 3`() {
    let draws = normals(100_000)
    let count = Double(draws.count)
    // Within five standard deviations of each: 1, √2, √15, and √96, over √n.
    for (power, expected, deviation) in [(1, 0, 1), (2, 1, 1.415), (3, 0, 3.873), (4, 3, 9.798)]
      as [(Int, Double, Double)]
    {
      let moment = draws.reduce(0) { $0 + pow($1, Double(power)) } / count
      #expect(abs(moment - expected) < 5 * deviation / count.squareRoot(), "moment \(power)")
    }
    let neighbors = zip(draws, draws.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / count
    #expect(abs(neighbors) < 5 / count.squareRoot())
  }

  @Test func `is below each value with the probability of Φ`() {
    let draws = normals(100_000).sorted()
    let count = Double(draws.count)
    for z in stride(from: -3.5, through: 3.5, by: 0.5) {
      let share = Double(draws.count { $0 < z }) / count
      let expected = phi(z)
      #expect(
        abs(share - expected) < 5 * (expected * (1 - expected) / count).squareRoot(),
        "\(share) instead of \(expected) below \(z)")
    }
    // The Kolmogorov–Smirnov test at one in a thousand.
    let distance = draws.enumerated().map { abs(phi($1) - (Double($0) + 0.5) / count) }.max()
    #expect(distance.map { $0 < 1.95 / count.squareRoot() } == true)
  }

  private func normals(_ count: Int) -> [Double] {
    var source = RandomSource(seed: 31)
    return (0..<count).map { _ in source.normal() }
  }
}

/// The distribution function of the standard normal.
private func phi(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }
