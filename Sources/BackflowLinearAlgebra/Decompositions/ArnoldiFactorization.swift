internal import BackflowKernels
internal import ComplexModule

/// Arnoldi's factorization of an n × n matrix B or of its transpose, without restarts: B·V = V·H +
/// β·v·eᵀ with an orthonormal basis V of m vectors, the Hessenberg matrix H = Vᵀ·B·V, the next
/// vector v, and the last unit vector e (Saad, "Numerical Methods for Large Eigenvalue Problems",
/// 2011, section 6.2).
struct ArnoldiFactorization<Scalar: RealScalar> {
  private let matrix: Tensor<Scalar>
  private let isTransposed: Bool
  private let order: Int
  /// V and v, or V alone if it spans an invariant space.
  private var basis: OrthonormalBasis<Scalar>
  /// The columns of H, each with its element below the diagonal.
  private var columns: [[Double]] = []

  /// The number of vectors m, which is the number of products.
  var count: Int { columns.count }
  /// β, which is zero if the basis spans an invariant space.
  var coupling: Double { columns.last?.last ?? 0 }
  /// Whether the basis is not invariant, up to rounding.
  var isExtensible: Bool { count < basis.count }

  /// Begins with a random vector of the given seed, with at most `capacity` vectors.
  init(of matrix: Tensor<Scalar>, transposed: Bool, capacity: Int, seed: UInt64) {
    (self.matrix, isTransposed, order) = (matrix, transposed, matrix.shape[0])
    basis = OrthonormalBasis(order: order, capacity: capacity + 1)
    var random = RandomSource(seed: seed)
    basis.add(random.normal([order]))
  }

  /// Extends the basis to `size` vectors, or fewer if it becomes invariant.
  mutating func extend(to size: Int) {
    while count < size && isExtensible {
      var next = Tensor<Scalar>(uninitialized: [order])
      BLAS.gemv(
        matrix.span, rows: order, columns: order, transposed: isTransposed,
        basis.vector(count).span, into: next.mutableSpan)
      columns.append(basis.add(next))
    }
  }

  /// H
  var projection: HessenbergMatrix { HessenbergMatrix(columns: columns) }

  /// Returns V·y, the real parts as the first row and the imaginary parts as the second.
  func combination(_ y: [Complex<Double>]) -> Tensor<Scalar> {
    basis.combinations(
      Tensor(y.map { Scalar($0.real) } + y.map { Scalar($0.imaginary) }, shape: [2, count]))
  }
}
