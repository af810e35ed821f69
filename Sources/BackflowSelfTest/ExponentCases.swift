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

  /// The tolerance is four standard errors of the known variance.
  private static func newman(size: Int) -> SelfTestCase {
    SelfTestCase(
      "products of Gaussian matrices, N = \(size)", source: "Newman 1986: closed form"
    ) {
      let steps = 40_000
      let spectrum = try measured(KnownMaps.gaussianProduct(size: size), steps: steps)
      let (known, variances) = (
        KnownMaps.newman(size: size), KnownMaps.newmanVariances(size: size)
      )
      return (0..<size).map { i in
        .init(
          "λ_\(i + 1)", spectrum.exponents[i], expected: known[i],
          within: 4 * (variances[i] / Double(spectrum.steps)).squareRoot())
      }
    }
  }

  /// The tolerances are four standard errors of the block means and the last digit of the
  /// reference.
  private static let henon = SelfTestCase(
    "Hénon map", source: "Sprott: 0.419217, −1.623190; the sum is ln 0.3 exactly"
  ) {
    let spectrum = try measured(KnownMaps.henon(), steps: 100_000, discarding: 100)
    let errors = spectrum.standardErrors.map { 4 * $0 + 1e-6 }
    // D = 1 + λ_1/|λ_2|
    let dimensionError = errors[0] / 1.623 + errors[1] * 0.419 / (1.623 * 1.623)
    return [
      .init("λ_1", spectrum.exponents[0], expected: 0.419217, within: errors[0]),
      .init("λ_2", spectrum.exponents[1], expected: -1.623190, within: errors[1]),
      .init(
        "sum", spectrum.exponents[0] + spectrum.exponents[1], expected: Double.log(0.3),
        within: 1e-11),
      .init(
        "Kaplan–Yorke dimension", spectrum.kaplanYorkeDimension ?? .nan, expected: 1.258267,
        within: dimensionError),
    ]
  }

  /// The tolerances are four standard errors of the block means, the last digit of the reference,
  /// and twice the bias of Runge's and Kutta's method. The bias of the sum, which is exact for the
  /// flow, is about 1.02e4 dt⁴ for a dt of 0.005 to 0.02, or 1.0e-4 here, nearly all of it in λ_3.
  private static let lorenz = SelfTestCase(
    "Lorenz system, per unit of time",
    source: "Sprott: 0.90563, 0, −14.57219; the sum is −41/3 exactly for the flow"
  ) {
    let dt = 0.01
    let spectrum = try measured(
      KnownMaps.lorenz(step: dt), steps: 130_000, discarding: 2000)
    let exponents = spectrum.exponents.map { $0 / dt }
    let bias = 2e4 * dt * dt * dt * dt
    let errors = spectrum.standardErrors.map { 4 * $0 / dt + 1e-5 + bias }
    // D = 2 + (λ_1 + λ_2)/|λ_3|
    let dimensionError = (errors[0] + errors[1]) / 14.57 + errors[2] * 0.906 / (14.57 * 14.57)
    return [
      .init("λ_1", exponents[0], expected: 0.90563, within: errors[0]),
      .init("λ_2", exponents[1], expected: 0, within: errors[1]),
      .init("λ_3", exponents[2], expected: -14.57219, within: errors[2]),
      .init("sum", exponents.reduce(0, +), expected: -41.0 / 3, within: bias),
      .init(
        "Kaplan–Yorke dimension", spectrum.kaplanYorkeDimension ?? .nan, expected: 2.06215,
        within: dimensionError),
    ]
  }

  /// By the conjugacy with the tent map, (f^T)′ = ±2^T √(x_T (1 − x_T)/(x_0 (1 − x_0))). For the
  /// invariant density of x, either root is between e^−20 and ½ except with a probability of 3e-9,
  /// so that the logarithm of their ratio is at most 20.
  private static let logistic = SelfTestCase(
    "logistic map, r = 4", source: "λ = ln 2: conjugate to the tent map"
  ) {
    let spectrum = try measured(KnownMaps.logistic(r: 4), steps: 100_000)
    return [
      .init(
        "λ", spectrum.largest, expected: Double.log(2), within: 20 / Double(spectrum.steps))
    ]
  }

  /// After the transient the basis spans invariant subspaces, in which a step multiplies a volume
  /// by the product of the moduli. The growth in the plane of a complex pair over T steps differs
  /// from |λ|^T by a factor between 1/κ(V) and κ(V).
  private static let linear = SelfTestCase(
    "linear map, N = 6", source: "λ_i = ln |λ_i(W)|"
  ) {
    var random = RandomSource(seed: 3)
    let matrix: Tensor<Double> = random.normal([6, 6])
    let expected = try eigenvalues(of: matrix).map { Double.log($0.length) }.sorted(by: >)
    let spectrum = try measured(KnownMaps.linear(matrix), steps: 20_000)
    let condition = try Nonnormality(of: matrix).eigenvectorCondition ?? .infinity
    let error = Double.log(condition) / Double(spectrum.steps)
    return zip(spectrum.exponents, expected).enumerated().map { index, pair in
      .init("λ_\(index + 1)", pair.0, expected: pair.1, within: error)
    }
  }

  /// A step is of rank 1 and takes (1, 0) and (1, 1), the columns of the Jacobians, to ±μ times one
  /// of them, so that the growth over T steps differs from μ^T by a factor of √2 at most.
  private static let tent = SelfTestCase(
    "tent map as a ReLU network", source: "λ_1 = ln μ exactly, λ_2 = −∞"
  ) {
    try [1.5, 1.9].flatMap { slope -> [SelfTestCase.Figure] in
      let network = KnownMaps.tent(slope, from: Tensor([0.3, 0]))
      let spectrum = try measured(network, steps: 20_000, discarding: 100)
      return [
        .init(
          "λ_1, μ = \(slope)", spectrum.exponents[0], expected: Double.log(slope),
          within: 0.5 * Double.log(2) / Double(spectrum.steps) + 1e-12),
        .init("λ_2, μ = \(slope)", spectrum.exponents[1], expected: -.infinity, within: 0),
      ]
    }
  }
}
