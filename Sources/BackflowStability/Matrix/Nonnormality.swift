public import BackflowKernels
public import BackflowLinearAlgebra
internal import ComplexModule
internal import RealModule

/// How far a matrix A is from normal: from A·Aᵀ = Aᵀ·A, where the eigenvalues alone determine the
/// norms of the powers.
public struct Nonnormality: Sendable, Equatable, Codable {
  /// Henrici's departure from normality, (‖A‖_F² − Σ|λ|²)^½ (Henrici, Numer. Math. 4, 1962).
  ///
  /// It is computed without cancellation from the real Schur form as the norm of all that
  /// distinguishes it from a normal matrix: the elements above its diagonal blocks, and |b| − |c|
  /// of each block [[a, b], [c, a]], because ‖block‖_F² − 2|λ|² = b² + c² − 2|bc|. The error is
  /// about n·ε·‖A‖_F.
  public let henrici: Double
  /// The departure divided by ‖A‖_F: 0 for a normal matrix, 1 for a nilpotent one.
  public let relativeHenrici: Double
  /// ‖A‖_F
  public let frobeniusNorm: Double
  /// The numerical abscissa, the largest eigenvalue of (A + Aᵀ)/2: the initial growth rate of
  /// ‖exp(tA)‖.
  public let numericalAbscissa: Double
  /// Bounds on the numerical radius, max |xᴴAx| over unit vectors; `nil` if it was not computed.
  public let numericalRadius: ClosedRange<Double>?
  /// The condition number κ(V) of the matrix of eigenvectors of norm 1: 1 for a normal matrix,
  /// infinite for a defective one. Above about 1e14, rounding determines it. `nil` if it was not
  /// computed.
  public var eigenvectorCondition: Double? { condition?.wrappedValue }
  private let condition: ExtendedReal?

  private enum CodingKeys: String, CodingKey {
    case henrici
    case relativeHenrici = "relative_henrici"
    case frobeniusNorm = "frobenius_norm"
    case numericalAbscissa = "numerical_abscissa"
    case numericalRadius = "numerical_radius"
    case condition = "eigenvector_condition"
  }

  /// Analyzes a real matrix A, [n, n].
  ///
  /// - Parameters:
  ///   - matrix: The matrix A.
  ///   - withNumericalRadius: Whether to compute the numerical radius, the most expensive figure.
  ///   - withEigenvectors: Whether to compute κ(V).
  /// - Throws: `StabilityError` if the matrix is not square, is empty, or has a non-finite element,
  ///   or if LAPACK does not converge.
  /// - Complexity: About 60·n³ flops, and three eigenvalue problems of order 2n for the numerical
  ///   radius.
  public init(
    of matrix: Tensor<Double>, withNumericalRadius: Bool = true, withEigenvectors: Bool = true
  ) throws(StabilityError) {
    try self.init(
      of: AnalyzedMatrix(matrix), schurForm: nil, withNumericalRadius: withNumericalRadius,
      withEigenvectors: withEigenvectors)
  }

  /// The same, with the real Schur form of the scaled matrix if it is known.
  init(
    of matrix: AnalyzedMatrix, schurForm: Tensor<Double>?, withNumericalRadius: Bool,
    withEigenvectors: Bool
  ) throws(StabilityError) {
    let (a, unit) = (matrix.scaled, matrix.unit)
    let frobenius = a.norm()
    let form = try analyzing { () throws(LAPACKError) in
      if let schurForm { schurForm } else { try SchurDecomposition(of: a).t }
    }
    let departure = Nonnormality.departure(ofSchurForm: form)
    henrici = departure * unit
    relativeHenrici = frobenius > 0 ? min(departure / frobenius, 1) : 0
    frobeniusNorm = frobenius * unit
    numericalAbscissa =
      unit
      * (try analyzing { () throws(LAPACKError) in
        try symmetricEigenvalues(of: (a + a.transpose()) * 0.5).last ?? 0
      })
    let radius =
      withNumericalRadius
      ? try analyzing { () throws(LAPACKError) in try NumericalRadius(of: a).bounds } : nil
    numericalRadius = radius.map { $0.lowerBound * unit...$0.upperBound * unit }
    condition = try analyzing { () throws(LAPACKError) in
      withEigenvectors
        ? ExtendedReal(wrappedValue: try Nonnormality.eigenvectorCondition(of: a)) : nil
    }
  }

  /// Returns the Frobenius norm of the part of a quasi-triangular matrix that a normal one lacks.
  private static func departure(ofSchurForm form: Tensor<Double>) -> Double {
    let n = form.shape[0]
    var t = form.elements
    for row in 0..<n { t[row * (n + 1)] = 0 }
    for row in 1..<max(n, 1) where t[row * n + row - 1] != 0 {
      let (above, below) = ((row - 1) * n + row, row * n + row - 1)
      (t[above], t[below]) = (t[above].magnitude - t[below].magnitude, 0)
    }
    return Tensor(t).norm()
  }

  /// Returns κ(V).
  ///
  /// A conjugate pair of eigenvectors x ± iy spans the same columns as √2x and √2y after a unitary
  /// transformation, [x + iy, x − iy] = [√2x, √2y]·U, so that a real matrix has the singular values
  /// of V.
  private static func eigenvectorCondition(
    of a: Tensor<Double>
  ) throws(LAPACKError) -> Double {
    let n = a.shape[0]
    let system = try EigenDecomposition(of: a)
    var real = [Double](repeating: 0, count: n * n)
    let root = 2.0.squareRoot()
    for column in 0..<n {
      let imaginary = system.values[column].imaginary
      for row in 0..<n {
        let entry = system.rightVectors.elements[row * n + column]
        real[row * n + column] =
          imaginary == 0 ? entry.real : root * (imaginary > 0 ? entry.real : entry.imaginary)
      }
    }
    let values = try singularValues(of: Tensor(real, shape: [n, n]))
    return (values.first ?? 1) / (values.last ?? 1)
  }
}

extension Nonnormality: CustomStringConvertible {
  /// The figures in two or three lines.
  public var description: String {
    func number(_ value: Double) -> String { figure(value, significantDigits: 6) }
    let radius =
      numericalRadius.map { ", numerical radius \(number($0.upperBound))" } ?? ""
    let condition =
      eigenvectorCondition.map { "\ncondition of the eigenvectors \(number($0))" } ?? ""
    return """
      departure from normality \(number(henrici)) (\(number(relativeHenrici)) of ‖A‖_F = \
      \(number(frobeniusNorm)))
      numerical abscissa \(number(numericalAbscissa))\(radius)\(condition)
      """
  }
}
