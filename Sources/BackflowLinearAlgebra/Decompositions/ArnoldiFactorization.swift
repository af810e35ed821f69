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
  /// The basis and v, as rows.
  private var rows: Tensor<Scalar>
  /// The columns of H, each with its element below the diagonal.
  private var columns: [[Double]] = []

  /// The number of vectors m, which is the number of products.
  var count: Int { columns.count }
  /// β, which is zero if the basis spans an invariant space.
  var coupling: Double { columns.last?.last ?? 0 }
  /// Whether the basis is not invariant, up to rounding.
  private(set) var isExtensible = true

  /// Begins with a random vector of the given seed, with at most `capacity` vectors.
  init(of matrix: Tensor<Scalar>, transposed: Bool, capacity: Int, seed: UInt64) {
    (self.matrix, isTransposed, order) = (matrix, transposed, matrix.shape[0])
    rows = Tensor(uninitialized: [capacity + 1, order])
    var random = RandomSource(seed: seed)
    let start: Tensor<Scalar> = random.normal([order])
    append(start, norm: VectorKernels.norm(start.span))
  }

  /// Extends the basis to `size` vectors, or fewer if it becomes invariant.
  mutating func extend(to size: Int) {
    while count < size && isExtensible { extend() }
  }

  private mutating func extend() {
    var next = Tensor<Scalar>(uninitialized: [order])
    BLAS.gemv(
      matrix.span, rows: order, columns: order, transposed: isTransposed,
      row(count), into: next.mutableSpan)
    let length = VectorKernels.norm(next.span)
    var column = [Double](repeating: 0, count: count + 2)
    removeComponents(from: &next, &column)
    var rest = VectorKernels.norm(next.span)
    // Cancellation leaves components of the size of rounding, and a second projection is enough
    // (Daniel, Gragg, Kaufman and Stewart, Math. Comp. 30, 1976).
    if rest < 0.7 * length {
      removeComponents(from: &next, &column)
      rest = VectorKernels.norm(next.span)
    }
    // Otherwise, rest is rounding error, and the basis is invariant.
    isExtensible = rest > 4 * Double(Scalar.ulpOfOne) * Double(order).squareRoot() * length
    column[count + 1] = isExtensible ? rest : 0
    columns.append(column)
    if isExtensible { append(next, norm: rest) }
  }

  /// Subtracts Vᵀ·(V·x), which it adds to the column of H.
  private func removeComponents(from x: inout Tensor<Scalar>, _ column: inout [Double]) {
    let size = count + 1
    var components = Tensor<Scalar>(uninitialized: [size])
    let basis = rows.span.extracting(0..<size * order)
    BLAS.gemv(basis, rows: size, columns: order, x.span, into: components.mutableSpan)
    BLAS.gemv(
      alpha: -1, basis, rows: size, columns: order, transposed: true, components.span, beta: 1,
      into: x.mutableSpan)
    let elements = components.span
    for index in 0..<size { column[index] += Double(elements[index]) }
  }

  private mutating func append(_ vector: Tensor<Scalar>, norm: Double) {
    let (unit, start, order) = (vector * Scalar(1 / norm), count * order, order)
    Blocks.copy(
      count: 1, length: order, from: unit.span, at: 0, stride: order, into: rows.mutableSpan,
      at: start, stride: order)
  }

  @_lifetime(borrow self)
  private func row(_ index: Int) -> Span<Scalar> {
    rows.span.extracting(index * order..<(index + 1) * order)
  }

  /// H
  var projection: HessenbergMatrix { HessenbergMatrix(columns: columns) }

  /// Returns V·y, the real parts as the first row and the imaginary parts as the second.
  func combination(_ y: [Complex<Double>]) -> Tensor<Scalar> {
    let coefficients = Tensor<Scalar>(
      y.map { Scalar($0.real) } + y.map { Scalar($0.imaginary) }, shape: [2, count])
    return matmul(coefficients, rows.operand(0..<count))
  }
}
