public import BackflowKernels
public import BackflowLinearAlgebra
internal import ComplexModule
internal import RealModule

/// What a square matrix does to signals: its eigenvalues, which determine the long term, and the
/// figures that determine the growth before it.
public struct MatrixAnalysis: Sendable, Equatable, Codable {
  /// How much is computed.
  public enum Effort: String, Sendable, Codable, CaseIterable {
    /// The eigenvalues, the singular value, the departure from normality, and what the powers of
    /// the matrix say about the Kreiss constant. Above 64 rows, 64 powers at most, and 16 if an
    /// eigenvalue is certainly outside the unit circle.
    case quick
    /// Also the numerical radius up to 256 rows, and a Kreiss bracket of 1 % as far as the default
    /// number of eigenvalue problems permits.
    case standard
    /// The numerical radius and a Kreiss bracket of 0.1 %, whatever the time.
    case thorough
  }

  /// The pseudospectral radius and abscissa for one ε.
  public struct PseudospectralFigures: Sendable, Equatable, Codable {
    /// The level.
    public let epsilon: Double
    /// The largest modulus in the ε-pseudospectrum.
    public let radius: Double
    /// The largest real part in the ε-pseudospectrum.
    public let abscissa: Double
  }

  /// The eigenvalues with their condition numbers, ρ with bounds, and σ_max.
  public let spectrum: Spectrum
  /// Henrici's departure, the numerical abscissa and radius, and κ(V).
  public let nonnormality: Nonnormality
  /// Bounds on the Kreiss constant of the matrix A itself, not of γ·A, for the unit disk.
  public let kreiss: KreissBracket
  /// The norms of the powers of the matrix A itself, not of γ·A.
  public let growth: PowerGrowth
  /// The pseudospectral radius and abscissa for each requested ε.
  public let pseudospectra: [PseudospectralFigures]
  /// How much was computed.
  public let effort: Effort
  /// What was omitted or cut short, and why, in sentences.
  public let omissions: [String]

  /// Analyzes a real matrix A, [n, n].
  ///
  /// - Parameters:
  ///   - matrix: The matrix A.
  ///   - slopeBound: The largest slope γ of the nonlinearity, if A is the only recurrent weight of
  ///     a cell. With `nil`, the spectrum has no verdict.
  ///   - effort: How much is computed. With the default, an order of 128 takes a few tenths of a
  ///     second.
  ///   - epsilons: The levels of the pseudospectral radius and abscissa.
  ///   - precision: The machine epsilon of the precision in which the matrix was stored.
  /// - Throws: `StabilityError` if the matrix is not square, is empty, or has a non-finite element,
  ///   a level or the slope is not positive, or LAPACK does not converge.
  /// - Complexity: About 40·n³ flops, 60·n³ more for the default effort, those of `PowerGrowth` and
  ///   `KreissBracket`, and about 2000·n³ for each ε.
  public init(
    of matrix: Tensor<Double>, slopeBound: Double? = nil, effort: Effort = .standard,
    epsilons: [Double] = [], precision: Double = .ulpOfOne
  ) throws(StabilityError) {
    try Spectrum.check(slopeBound)
    let analyzed = try AnalyzedMatrix(matrix)
    let order = analyzed.order
    let eigenvalues = try analyzing { () throws(LAPACKError) in
      try EigenvalueBounds(of: analyzed.scaled)
    }
    spectrum = try Spectrum(
      of: analyzed, eigenvalues, slopeBound: slopeBound, precision: precision)
    let withRadius = effort == .thorough || (effort == .standard && order <= 256)
    nonnormality = try Nonnormality(
      of: analyzed, schurForm: eigenvalues.schurForm, withNumericalRadius: withRadius,
      withEigenvectors: effort != .quick)
    growth = try PowerGrowth(
      of: analyzed, spectralRadius: spectrum.spectralRadius,
      steps: MatrixAnalysis.steps(effort, order: order, spectrum))
    let bracket =
      effort == .quick
      ? KreissBracket(byPowers: growth, of: matrix, spectrum)
      : try KreissBracket(
        of: matrix, tolerance: effort == .thorough ? 1e-3 : 1e-2,
        maximumProblems: effort == .thorough ? 400 : nil, growth: growth,
        nonnormality: nonnormality)
    kreiss = bracket.allowing(forRadius: spectrum.spectralRadiusBounds)
    var figures: [PseudospectralFigures] = []
    for epsilon in epsilons {
      figures.append(
        PseudospectralFigures(
          epsilon: epsilon, radius: try pseudospectralRadius(of: matrix, epsilon: epsilon),
          abscissa: try pseudospectralAbscissa(of: matrix, epsilon: epsilon)))
    }
    pseudospectra = figures
    self.effort = effort
    omissions = MatrixAnalysis.omissions(
      withRadius: withRadius, growth, kreiss, order: order, effort: effort)
  }

  /// The number of powers, or `nil` for the default. If an eigenvalue is certainly outside the unit
  /// circle, all later norms are larger than 1, and a few show how they begin.
  private static func steps(_ effort: Effort, order: Int, _ spectrum: Spectrum) -> Int? {
    guard effort == .quick, order > 64 else { return nil }
    return spectrum.spectralRadiusBounds.lowerBound > 1 ? 16 : 64
  }

  private static func omissions(
    withRadius: Bool, _ growth: PowerGrowth, _ kreiss: KreissBracket, order: Int, effort: Effort
  ) -> [String] {
    let name = "the effort \"\(effort.rawValue)\" at \(order) rows"
    var sentences: [String] = []
    if !withRadius {
      sentences.append("The numerical radius was not computed, because of \(name).")
    }
    if !growth.isComplete {
      sentences.append(
        "The powers were computed up to \(growth.logNorms.count - 1), and none has a norm below 1.")
    }
    if kreiss.lacksUpperBound {
      sentences.append(
        "The Kreiss constant is not bounded from above within \(growth.logNorms.count - 1) powers"
          + " and \(kreiss.problemCount) eigenvalue problems of twice the order, because of \(name)."
      )
    } else if !kreiss.isUndecided, kreiss.upper > kreiss.lower * 1.02 {
      sentences.append(
        "The Kreiss bracket was left wide after \(kreiss.problemCount) eigenvalue problems of twice"
          + " the order, because of \(name).")
    }
    return sentences
  }
}

// MARK: - Codable

extension MatrixAnalysis {
  private enum CodingKeys: String, CodingKey {
    case kreiss, growth, pseudospectra, effort, omissions
  }

  /// Encodes the figures as one object, with those of the spectrum and of the departure from
  /// normality among its keys.
  public func encode(to encoder: any Encoder) throws {
    try spectrum.encode(to: encoder)
    try nonnormality.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kreiss, forKey: .kreiss)
    try container.encode(growth, forKey: .growth)
    try container.encode(pseudospectra, forKey: .pseudospectra)
    try container.encode(effort, forKey: .effort)
    try container.encode(omissions, forKey: .omissions)
  }

  /// Decodes an object written by `encode(to:)`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    spectrum = try Spectrum(from: decoder)
    nonnormality = try Nonnormality(from: decoder)
    kreiss = try container.decode(KreissBracket.self, forKey: .kreiss)
    growth = try container.decode(PowerGrowth.self, forKey: .growth)
    pseudospectra = try container.decode([PseudospectralFigures].self, forKey: .pseudospectra)
    effort = try container.decode(Effort.self, forKey: .effort)
    omissions = try container.decode([String].self, forKey: .omissions)
  }
}

extension MatrixAnalysis: CustomStringConvertible {
  /// The figures, one in a line, and what was omitted.
  public var description: String {
    func number(_ value: Double) -> String { figure(value, significantDigits: 6) }
    let bounds = spectrum.spectralRadiusBounds
    let lines =
      [
        "\(spectrum.eigenvalues.count) rows" + (spectrum.verdict.map { ", \($0.rawValue)" } ?? ""),
        "spectral radius \(number(spectrum.spectralRadius))"
          + " in \(number(bounds.lowerBound)) … \(number(bounds.upperBound))",
        "largest singular value \(number(spectrum.largestSingularValue))",
        nonnormality.description, kreiss.description, growth.description,
      ]
      + pseudospectra.map {
        "ε = \(number($0.epsilon)): pseudospectral radius \(number($0.radius)),"
          + " abscissa \(number($0.abscissa))"
      }
    return (lines + omissions).joined(separator: "\n")
  }
}
