import BackflowKernels
import BackflowLinearAlgebra
import ComplexModule
import TestSupport
import Testing

typealias ComplexDouble = Complex<Double>

extension Complex where RealType: RealScalar {
  /// In double precision.
  var exact: ComplexDouble { ComplexDouble(Double(real), Double(imaginary)) }
}

extension ComplexMatrix {
  /// The real parts, in double precision.
  var realPart: Tensor<Double> {
    Tensor(elements.map { Double($0.real) }, shape: [rows, columns])
  }

  /// The imaginary parts, in double precision.
  var imaginaryPart: Tensor<Double> {
    Tensor(elements.map { Double($0.imaginary) }, shape: [rows, columns])
  }

  /// Each column multiplied by its factor, in double precision.
  func scalingColumns(by factors: [ComplexDouble]) -> ComplexMatrix<Double> {
    ComplexMatrix<Double>(
      rows: rows, columns: columns,
      elements: elements.enumerated().map { $1.exact * factors[$0 % max(columns, 1)] })
  }

  /// The 2-norm of each column.
  var columnNorms: [Double] {
    (0..<columns).map { column in
      self.column(column).reduce(0) { $0 + $1.exact.lengthSquared }.squareRoot()
    }
  }
}

/// Fails unless the two sets of eigenvalues are close, in any order: each expected eigenvalue is
/// matched with the nearest of the remaining ones.
func expectSameEigenvalues<S: RealScalar>(
  _ actual: [Complex<S>], _ expected: [ComplexDouble], _ tolerance: Tolerance,
  mayBeEmpty: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
) {
  var left = actual.map(\.exact)
  var matched: [ComplexDouble] = []
  for value in expected {
    let nearest = left.indices.min {
      (left[$0] - value).length < (left[$1] - value).length
    }
    guard let nearest else { break }
    matched.append(left.remove(at: nearest))
  }
  matched += left
  expectClose(
    matched.flatMap { [$0.real, $0.imaginary] }, expected.flatMap { [$0.real, $0.imaginary] },
    tolerance, mayBeEmpty: mayBeEmpty, "eigenvalues", sourceLocation: sourceLocation)
}
