internal import Backflow
internal import ComplexModule
internal import RealModule

extension SelfTest {
  /// Figures of single matrices.
  static let matrices = [
    kreiss, delayLine, grcar, forwardEuler, defective, rotation, circularLaw, haar, sigmoidBounds,
  ]

  private static let kreiss = SelfTestCase(
    "Kreiss constant of [[L, b], [0, L]]",
    source: "K = b/(4(1 − L)) + (1 − L)/b for b ≥ 2(1 − L): closed form"
  ) {
    try [(0.0, 3.0), (0, 10), (0.9, 10)].flatMap { (l, b) -> [SelfTestCase.Figure] in
      let bracket = try KreissBracket(of: KnownMatrices.triangular(l, b), tolerance: 1e-6)
      let expected = b / (4 * (1 - l)) + (1 - l) / b
      return [
        .init(
          "lower bound, L = \(l), b = \(b)", bracket.lower, expected: expected,
          within: 2e-6 * expected),
        .init(
          "upper bound, L = \(l), b = \(b)", bracket.upper, expected: expected,
          within: 2e-6 * expected),
      ]
    }
  }

  private static let delayLine = SelfTestCase(
    "delay line of 20 units, factor 1.1", source: "sup ‖A^k‖ = 1.1¹⁹ at k = 19 although ρ = 0"
  ) {
    let analysis = try MatrixAnalysis(of: KnownMatrices.delayLine(20, factor: 1.1), slopeBound: 1)
    return [
      .init("spectral radius", analysis.spectrum.spectralRadius, expected: 0, within: 0),
      .init("largest norm", analysis.growth.peakNorm, expected: 6.115909045, within: 1e-9),
      .init("its power", Double(analysis.growth.peakStep), expected: 19, within: 0),
      .init("undecided", holds: analysis.spectrum.verdict == .undecided),
    ]
  }

  private static let grcar = SelfTestCase(
    "Grcar's matrix, n = 100",
    source: "Guglielmi and Overton 2012 for ε = 10⁻⁴; singular values by NumPy"
  ) {
    let matrix = KnownMatrices.grcar(100)
    let nonnormality = try Nonnormality(of: matrix, withNumericalRadius: false)
    return [
      .init(
        "‖A‖", try singularValues(of: matrix)[0], expected: 3.23935504, within: 1e-8),
      .init(
        "numerical abscissa", nonnormality.numericalAbscissa, expected: 2.99388170, within: 1e-8),
      .init(
        "‖A‖_F²", nonnormality.frobeniusNorm * nonnormality.frobeniusNorm, expected: 493,
        within: 1e-10),
      .init("Henrici / ‖A‖_F", nonnormality.relativeHenrici, expected: 0.4914, within: 5e-5),
      .init("ρ", try spectralRadius(of: matrix), expected: 2.262926, within: 1e-5),
      .init(
        "ρ_ε", try pseudospectralRadius(of: matrix, epsilon: 1e-4), expected: 2.85216, within: 5e-6
      ),
      .init(
        "α_ε", try pseudospectralAbscissa(of: matrix, epsilon: 1e-4), expected: 2.41276,
        within: 5e-6),
    ]
  }

  private static let forwardEuler = SelfTestCase(
    "HiPPO-LegS by forward Euler, I + A/10, N = 16",
    source: "ρ = |1 − Δ| exactly; the largest norm, at k = 10, in 40 digits by mpmath"
  ) {
    let matrix = Tensor<Double>.identity(16) + KnownMatrices.hippo(16) * 0.1
    let growth = try PowerGrowth(of: matrix)
    return [
      // The matrix is triangular, so that LAPACK returns its diagonal.
      .init("spectral radius", try spectralRadius(of: matrix), expected: 0.9, within: 1e-12),
      .init("largest norm of a power", growth.peakNorm, expected: 155_533.521_658_79, within: 1e-5),
      .init("its power", Double(growth.peakStep), expected: 10, within: 0),
    ]
  }

  private static let defective = SelfTestCase(
    "defective matrix [[½, 1], [0, ½]]",
    source: "a Jordan block: no second eigenvector, and without rounding an infinite condition"
  ) {
    let analysis = try MatrixAnalysis(of: KnownMatrices.triangular(0.5, 1))
    return [
      .init("ρ", analysis.spectrum.spectralRadius, expected: 0.5, within: 1e-15),
      // Rounding separates the eigenvectors by an angle of about ε.
      .init(
        "condition of the eigenvalue above 10¹⁴, or infinite",
        holds: analysis.spectrum.eigenvalueConditions[0] > 1e14),
      .init("Henrici", analysis.nonnormality.henrici, expected: 1, within: 1e-15),
    ]
  }

  private static let rotation = SelfTestCase(
    "rotation [[0.6, −0.8], [0.8, 0.6]]", source: "a normal matrix: eigenvalues 0.6 ± 0.8i"
  ) {
    let analysis = try MatrixAnalysis(of: Tensor(rows: [[0.6, -0.8], [0.8, 0.6]]), slopeBound: 1)
    let value = analysis.spectrum.eigenvalues[0]
    return [
      .init("real part", value.real, expected: 0.6, within: 1e-15),
      .init("imaginary part", value.imaginary, expected: 0.8, within: 1e-15),
      .init(
        "condition of the eigenvalue", analysis.spectrum.eigenvalueConditions[0], expected: 1,
        within: 1e-14),
      .init("Henrici", analysis.nonnormality.henrici, expected: 0, within: 1e-15),
      .init("Kreiss constant, lower bound", analysis.kreiss.lower, expected: 1, within: 1e-12),
      .init("undecided", holds: analysis.spectrum.verdict == .undecided),
    ]
  }

  /// The tolerances are four standard deviations between matrices. Those of ρ and of Σ|λ|² are by
  /// NumPy, with 60 matrices for the latter. σ_max² has the law of Tracy and Widom of order 1, of
  /// mean −1.2065 and standard deviation 1.268, times 0.0464 about 3.995 (Johnstone, 2001), from
  /// which σ_max is 1.985 ± 0.015.
  private static let circularLaw = SelfTestCase(
    "circular law, N = 400, g = 1",
    source: "ρ 1.032 ± 0.018 by NumPy; σ_max by Johnstone, 2001; Σ|λ|²/‖W‖² → ½"
  ) {
    let matrix = KnownMatrices.gaussian(400, gain: 1, seed: 5)
    let spectrum = try Spectrum(of: matrix)
    let squares = spectrum.eigenvalues.reduce(0) { $0 + $1.lengthSquared }
    return [
      .init("ρ", spectrum.spectralRadius, expected: 1.032, within: 4 * 0.018),
      .init("σ_max", spectrum.largestSingularValue, expected: 1.985, within: 4 * 0.015),
      .init(
        "Σ|λ|² / ‖W‖_F²", squares / (matrix.norm() * matrix.norm()), expected: 0.5,
        within: 4 * 0.0018),
    ]
  }

  /// The tolerances are four standard errors of 20,000 draws, and of the reference if it was drawn.
  private static let haar = SelfTestCase(
    "trace of random orthogonal matrices, N = 8",
    source: "mean 0 and variance 1 (Haar measure); LAPACK's own signs by NumPy (Mezzadri 2007)"
  ) {
    var random = RandomSource(seed: 2)
    var (traces, raw) = ([Double](), [Double]())
    for _ in 0..<20_000 {
      let q: Tensor<Double> = Initializer.orthogonal()([8, 8], using: &random)
      traces.append((0..<8).reduce(0) { $0 + q[$1, $1] })
      let own = try QRDecomposition(of: random.normal([8, 8]) as Tensor<Double>).q
      raw.append((0..<8).reduce(0) { $0 + own[$1, $1] })
    }
    func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (mean, squares / Double(values.count))
    }
    let (haar, lapack) = (moments(traces), moments(raw))
    return [
      .init("mean", haar.mean, expected: 0, within: 0.029),
      .init("variance", haar.variance, expected: 1, within: 0.04),
      .init("mean with LAPACK's signs", lapack.mean, expected: -1.583, within: 0.029),
      .init("variance with LAPACK's signs", lapack.variance, expected: 0.524, within: 0.03),
    ]
  }

  private static let sigmoidBounds = SelfTestCase(
    "3.9 Q and 4.1 Q under a sigmoid", source: "Pascanu et al. 2013: σ_max < 1/γ = 4"
  ) {
    let q = KnownMatrices.orthogonal(16, seed: 3)
    return [
      .init(
        "3.9 Q must vanish",
        holds: try Spectrum(of: q * 3.9, slopeBound: 0.25).verdict == .mustVanish),
      .init(
        "4.1 Q may explode",
        holds: try Spectrum(of: q * 4.1, slopeBound: 0.25).verdict == .mayExplode),
    ]
  }
}
