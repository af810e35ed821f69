public import BackflowKernels
public import BackflowLinearAlgebra
internal import ComplexModule
internal import RealModule

/// The logarithm of σ_min(zI − A) on a rectangular grid of points z, whose contour at log₁₀ ε is
/// the boundary of the ε-pseudospectrum of A.
public struct Pseudospectrum: Sendable, Equatable {
  /// The real parts of the columns, ascending.
  public let realParts: [Double]
  /// The imaginary parts of the rows, ascending.
  public let imaginaryParts: [Double]
  /// log₁₀ σ_min, [imaginary parts, real parts]; −∞ at an eigenvalue. Values below
  /// log₁₀(n·ε·‖A‖), with the machine epsilon ε, are determined by rounding.
  public let logSigma: Tensor<Double>

  /// Evaluates the grid.
  ///
  /// - Parameters:
  ///   - matrix: The real matrix A, [n, n].
  ///   - real: The range of the real parts.
  ///   - imaginary: The range of the imaginary parts.
  ///   - columns: The number of different real parts, at least 2.
  ///   - rows: The number of different imaginary parts, at least 2.
  /// - Throws: `StabilityError` if the matrix is not square, is empty, or has a non-finite element,
  ///   or if LAPACK does not converge.
  /// - Complexity: About 26·n³ flops for a Schur decomposition, and about 200·n² for each point;
  ///   conjugate points are evaluated once.
  public init(
    of matrix: Tensor<Double>, real: ClosedRange<Double>, imaginary: ClosedRange<Double>,
    columns: Int = 81, rows: Int = 81
  ) throws(StabilityError) {
    require(
      rows >= 2 && columns >= 2,
      "a pseudospectrum needs at least two rows and columns, got [\(rows), \(columns)]")
    let matrix = try AnalyzedMatrix(matrix)
    let resolvent = try analyzing { () throws(LAPACKError) in try Resolvent(of: matrix.scaled) }
    let shift = Double(matrix.exponent) * Double.log10(2)
    realParts = Pseudospectrum.points(real, columns)
    imaginaryParts = Pseudospectrum.points(imaginary, rows)
    var known: [Double: [Double]] = [:]
    for y in imaginaryParts where known[y.magnitude] == nil {
      known[y.magnitude] = realParts.map { x in
        let z = Complex(x / matrix.unit, y.magnitude / matrix.unit)
        return Double.log10(resolvent.smallestSingularValue(at: z).sigma) + shift
      }
    }
    logSigma = Tensor(rows: imaginaryParts.map { known[$0.magnitude] ?? [] })
  }

  private static func points(_ range: ClosedRange<Double>, _ count: Int) -> [Double] {
    let width = range.upperBound - range.lowerBound
    // From both ends, so that a symmetric range gives symmetric points.
    return (0..<count).map { index in
      2 * index < count
        ? range.lowerBound + width * Double(index) / Double(count - 1)
        : range.upperBound - width * Double(count - 1 - index) / Double(count - 1)
    }
  }
}
