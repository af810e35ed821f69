import BackflowKernels
import BackflowLinearAlgebra
import TestSupport
import Testing

/// Orders of square matrices: the smallest, odd ones, one larger than a block of LAPACK, and one
/// whose copy is padded in double precision.
let orders = [0, 1, 2, 3, 5, 8, 16, 33, 64, 130]

/// A matrix size, as a test argument.
struct Extents: CustomTestStringConvertible {
  let rows: Int
  let columns: Int
  var smaller: Int { min(rows, columns) }
  var larger: Int { max(rows, columns) }
  var shape: Shape { [rows, columns] }
  var testDescription: String { "\(rows)×\(columns)" }
}

/// Square, tall, and wide sizes, with and without elements.
let everyExtents =
  orders.map { Extents(rows: $0, columns: $0) }
  + [
    (0, 3), (3, 0), (1, 5), (5, 1), (2, 3), (3, 2), (8, 5), (5, 8), (33, 16), (16, 33), (130, 64),
    (64, 130), (300, 2), (2, 300),
  ].map { Extents(rows: $0, columns: $1) }

/// Independent standard normal entries that depend only on the shape.
func randomMatrix<S: RealScalar>(_ shape: Shape, seed: UInt64 = 1) -> Tensor<S> {
  var random = RandomSource(seed: seed &+ UInt64(shape[0] * 1000 + shape[shape.rank - 1]))
  return random.normal(shape)
}

/// A random symmetric matrix with eigenvalues of at least 1.
func randomPositiveDefinite<S: RealScalar>(_ order: Int) -> Tensor<S> {
  let root: Tensor<Double> = randomMatrix([order, order])
  return Tensor<S>(matmul(root, root.transposed) + .identity(order))
}

extension Tensor {
  /// The matrix in double precision, so that checking adds no error.
  var exact: Tensor<Double> { Tensor<Double>(self) }

  /// The elements in double precision.
  var numbers: [Double] { exact.elements }

  /// The Frobenius norm ‖A‖, or 1 for a zero or empty matrix, which has no scale.
  var scale: Double {
    let norm = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return norm > 0 ? norm : 1
  }
}

/// Fails unless the columns of `q` are orthonormal up to the rounding of `S`.
func expectOrthonormalColumns<S: RealScalar>(
  _ q: Tensor<S>, sourceLocation: SourceLocation = #_sourceLocation
) {
  let (rows, columns) = (q.shape[0], q.shape[1])
  expectClose(
    matmul(q.exact.transposed, q.exact).elements, Tensor<Double>.identity(columns).elements,
    Tolerance(S.self, length: max(rows, 1), scale: 1), mayBeEmpty: columns == 0, "QᵀQ",
    sourceLocation: sourceLocation)
}

/// Fails unless `product`, computed in double precision, equals `original` up to the rounding of
/// `S`.
func expectProduct<S: RealScalar>(
  _ product: Tensor<Double>, is original: Tensor<S>,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(product.shape == original.shape, sourceLocation: sourceLocation)
  expectClose(
    product.elements, original.numbers,
    Tolerance(S.self, length: max(original.shape[0], original.shape[1]), scale: original.scale),
    mayBeEmpty: original.isEmpty, "product", sourceLocation: sourceLocation)
}
