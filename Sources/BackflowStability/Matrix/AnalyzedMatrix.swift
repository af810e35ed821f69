internal import BackflowKernels
internal import BackflowLinearAlgebra

/// A matrix that was found fit for analysis: square, nonempty, finite, and scaled by a power of two
/// so that products of its elements are in range.
struct AnalyzedMatrix: Sendable {
  /// The matrix divided by `unit`, [n, n].
  let scaled: Tensor<Double>
  /// The power of two by which lengths of the scaled matrix are multiplied.
  let unit: Double
  /// The exponent of `unit`.
  let exponent: Int

  /// The number of rows and columns.
  var order: Int { scaled.shape[0] }

  /// Checks and scales a matrix.
  init(_ matrix: Tensor<Double>) throws(StabilityError) {
    let shape = matrix.shape
    guard shape.rank == 2, shape[0] == shape[1], shape[0] > 0 else { throw .notSquare(shape) }
    if !matrix.isFinite { throw .linearAlgebra(AnalyzedMatrix.nonFiniteEntry(of: matrix)) }
    (scaled, exponent) = matrix.scaledIntoRange()
    unit = Double(sign: .plus, exponent: exponent, significand: 1)
  }

  private static func nonFiniteEntry(of matrix: Tensor<Double>) -> LAPACKError {
    let elements = matrix.elements
    let place = elements.firstIndex { !$0.isFinite } ?? 0
    let (row, column) = place.quotientAndRemainder(dividingBy: matrix.shape[1])
    let value = elements[place]
    return .nonFiniteEntry(
      of: "matrix", row: row, column: column,
      value: value.isNaN ? .nan : value > 0 ? .positiveInfinity : .negativeInfinity)
  }
}

extension Tensor<Double> {
  /// Returns the block matrix [[a, b], [c, d]] of four matrices [n, n].
  static func blocks(_ a: Tensor, _ b: Tensor, _ c: Tensor, _ d: Tensor) -> Tensor {
    concatenate([concatenate([a, b], axis: 1), concatenate([c, d], axis: 1)])
  }
}
