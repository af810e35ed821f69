internal import Backflow
internal import ComplexModule
internal import RealModule

extension SelfTest {
  /// Lyapunov exponents of maps.
  static let exponents = [newman(size: 2), newman(size: 5), henon, lorenz, logistic, linear, tent]

  private static func measured<R: Recurrence>(
    _ recurrence: R, steps: Int, discarding: Int = 0, count: Int? = nil
  ) throws -> LyapunovSpectrum {
    var random = RandomSource(seed: 1)
    return try LyapunovSpectrum(
      along: Trajectory(of: recurrence, steps: steps, discarding: discarding), count: count,
      using: &random)
  }

  /// λ_i = ½ (ln(2/N) + ψ((N − i + 1)/2)), exact for every N. The variance of each step is ¼ ψ′ of
  /// the same argument, and the tolerance is four standard errors.
  private static func newman(size: Int) -> SelfTestCase {
    SelfTestCase(
      "products of Gaussian matrices, N = \(size)", source: "Newman 1986: closed form"
    ) {
      let steps = 10_000
      let spectrum = try measured(KnownMaps.gaussianProduct(size: size), steps: steps)
      return (1...size).map { i in
        let (digamma, trigamma) = polygamma(Double(size - i + 1) / 2)
        let error = (trigamma / 4 / Double(spectrum.steps)).squareRoot()
        return .init(
          "λ_\(i)", spectrum.exponents[i - 1],
          expected: (Double.log(2 / Double(size)) + digamma) / 2, within: 4 * error)
      }
    }
  }

  /// ψ and ψ′ of a positive multiple of ½, by their recurrences from 1 and ½.
  private static func polygamma(_ x: Double) -> (digamma: Double, trigamma: Double) {
    let euler = 0.577_215_664_901_532_86
    let square = Double.pi * Double.pi
    var (first, second, at) =
      x == x.rounded()
      ? (-euler, square / 6, 1.0) : (-euler - 2 * Double.log(2), square / 2, 0.5)
    while at < x { (first, second, at) = (first + 1 / at, second - 1 / (at * at), at + 1) }
    return (first, second)
  }

  private static let henon = SelfTestCase(
    "Hénon map", source: "Sprott: 0.419217, −1.623190; the sum is ln 0.3 exactly"
  ) {
    let spectrum = try measured(KnownMaps.henon, steps: 100_000, discarding: 100)
    return [
      .init("λ_1", spectrum.exponents[0], expected: 0.419217, within: 6e-3),
      .init("λ_2", spectrum.exponents[1], expected: -1.623190, within: 6e-3),
      .init(
        "sum", spectrum.exponents[0] + spectrum.exponents[1], expected: Double.log(0.3),
        within: 1e-11),
      .init(
        "Kaplan–Yorke dimension", spectrum.kaplanYorkeDimension ?? .nan, expected: 1.258267,
        within: 4e-3),
    ]
  }

  /// 600 units of time, over which the mean of λ_1 fluctuates by about 0.01.
  private static let lorenz = SelfTestCase(
    "Lorenz system, per unit of time",
    source: "Sprott: 0.90563, 0, −14.57219; the sum is −41/3 exactly for the flow"
  ) {
    let dt = 0.01
    let spectrum = try measured(
      KnownMaps.lorenz(step: dt), steps: 66_000, discarding: 2000)
    let exponents = spectrum.exponents.map { $0 / dt }
    return [
      .init("λ_1", exponents[0], expected: 0.90563, within: 0.03),
      .init("λ_2", exponents[1], expected: 0, within: 0.01),
      .init("λ_3", exponents[2], expected: -14.57219, within: 0.03),
      .init("sum", exponents.reduce(0, +), expected: -41.0 / 3, within: 2e-4),
      .init(
        "Kaplan–Yorke dimension", spectrum.kaplanYorkeDimension ?? .nan, expected: 2.06215,
        within: 3e-3),
    ]
  }

  private static let logistic = SelfTestCase(
    "logistic map, r = 4", source: "λ = ln 2: conjugate to the tent map"
  ) {
    let spectrum = try measured(KnownMaps.logistic, steps: 100_000)
    return [.init("λ", spectrum.largest, expected: Double.log(2), within: 2e-3)]
  }

  /// A complex pair fluctuates by O(1/T).
  private static let linear = SelfTestCase(
    "linear map, N = 6", source: "λ_i = ln |λ_i(W)|"
  ) {
    var random = RandomSource(seed: 3)
    let matrix: Tensor<Double> = random.normal([6, 6])
    let expected = try eigenvalues(of: matrix).map { Double.log($0.length) }.sorted(by: >)
    let spectrum = try measured(KnownMaps.linear(matrix), steps: 20_000)
    return zip(spectrum.exponents, expected).enumerated().map { index, pair in
      .init("λ_\(index + 1)", pair.0, expected: pair.1, within: 1e-3)
    }
  }

  private static let tent = SelfTestCase(
    "tent map as a ReLU network", source: "λ_1 = ln μ exactly, λ_2 = −∞"
  ) {
    try [1.5, 1.9].flatMap { slope -> [SelfTestCase.Figure] in
      let network = KnownMaps.network(
        Tensor(rows: [[slope, -2 * slope], [slope, -2 * slope]]), bias: Tensor([0, -0.5]), .relu,
        from: Tensor([0.3, 0]))
      let spectrum = try measured(network, steps: 20_000, discarding: 100)
      return [
        .init(
          "λ_1, μ = \(slope)", spectrum.exponents[0], expected: Double.log(slope), within: 2e-4),
        .init("λ_2, μ = \(slope)", spectrum.exponents[1], expected: -.infinity, within: 0),
      ]
    }
  }
}
