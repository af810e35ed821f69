internal import COpenBLAS

/// The products of BLAS on row-major, contiguous spans. Sizes are checked before C code uses them.
package enum BLAS {
  /// OpenBLAS's description of its version, build options, and kernel.
  package static var version: String { unsafe String(cString: openblas_get_config()) }

  /// Computes y ← y + αx.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func axpy<S: RealScalar>(
    _ alpha: S, _ x: Span<S>, into y: consuming MutableSpan<S>
  ) {
    checkCount(x.count, y.count, "axpy", "x", "y")
    unsafe S._routines.blas.axpy(blasCount(x.count), alpha, x.base, 1, y.base, 1)
    extendLifetime(x)
    extendLifetime(y)
  }

  /// Returns ‖x‖₂, scaled so that no square overflows or underflows.
  package static func nrm2<S: RealScalar>(_ x: Span<S>) -> S {
    let norm = unsafe S._routines.blas.nrm2(blasCount(x.count), x.base, 1)
    extendLifetime(x)
    return norm
  }

  /// Computes A ← A + αxyᵀ, where A is `x.count` × `y.count`.
  package static func ger<S: RealScalar>(
    _ alpha: S, _ x: Span<S>, _ y: Span<S>, into a: consuming MutableSpan<S>
  ) {
    checkCount(x.count * y.count, a.count, "ger", "x·yᵀ", "A")
    if a.isEmpty { return }
    let (m, n) = (blasint(x.count), blasint(y.count))
    unsafe S._routines.blas.ger(CblasRowMajor, m, n, alpha, x.base, 1, y.base, 1, a.base, n)
    extendLifetime(x)
    extendLifetime(y)
    extendLifetime(a)
  }

  /// Computes y ← α·op(A)·x + βy, where A is stored as `rows` × `columns`. A long sum is divided
  /// into parts, so that its error does not grow with its length.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func gemv<S: RealScalar>(
    alpha: S = 1, _ a: Span<S>, rows: Int, columns: Int, transposed: Bool = false,
    _ x: Span<S>, beta: S = 0, into y: consuming MutableSpan<S>
  ) {
    checkCount(rows * columns, a.count, "gemv", "rows·columns", "A")
    checkCount(transposed ? rows : columns, x.count, "gemv", "the number of columns of op(A)", "x")
    checkCount(transposed ? columns : rows, y.count, "gemv", "the number of rows of op(A)", "y")
    if y.isEmpty { return }
    if a.isEmpty { return VectorKernels.scale(beta, &y) }
    let (inner, outer) = (x.count, y.count)
    let trans = transposed ? CblasTrans : CblasNoTrans
    let columnsInMemory = blasint(columns)
    guard let matrix = unsafe a.base, let vector = unsafe x.base, let result = unsafe y.base
    else { return }
    unsafe LongSum(rows: 1, columns: outer, beta: beta, into: result, stride: outer).add(
      count: inner, longest: longestVectorSum(transposed: transposed)
    ) { part, beta, result, _ in
      let start = unsafe matrix + part.lowerBound * (transposed ? columns : 1)
      let (m, n) = transposed ? (part.count, columns) : (rows, part.count)
      unsafe S._routines.blas.gemv(
        CblasRowMajor, trans, blasint(m), blasint(n), alpha, start, columnsInMemory,
        vector + part.lowerBound, 1, beta, result, 1)
    }
    extendLifetime(a)
    extendLifetime(x)
    extendLifetime(y)
  }

  /// Computes C ← α·op(A)·op(B) + βC, where op(A) is m × k, op(B) is k × n, and C is m × n.
  ///
  /// If β = 0, C may be undefined before. Large products are divided over `Threads.count` threads.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func gemm<S: RealScalar>(
    m: Int, n: Int, k: Int, alpha: S = 1,
    _ a: Span<S>, transposed aTransposed: Bool = false,
    _ b: Span<S>, transposed bTransposed: Bool = false,
    beta: S = 0, into c: consuming MutableSpan<S>
  ) {
    checkCount(m * k, a.count, "gemm", "m·k", "A")
    checkCount(k * n, b.count, "gemm", "k·n", "B")
    checkCount(m * n, c.count, "gemm", "m·n", "C")
    if c.isEmpty { return }
    if k == 0 { return VectorKernels.scale(beta, &c) }
    // A product with one row or column is a matrix–vector or outer product, for which gemm is
    // slower.
    if n == 1 {
      let (rows, columns) = aTransposed ? (k, m) : (m, k)
      return gemv(
        alpha: alpha, a, rows: rows, columns: columns, transposed: aTransposed, b, beta: beta,
        into: c)
    }
    if k == 1 && m > 1 && beta == 0 {
      return VectorKernels.outerProduct(a, b, scale: alpha, into: c)
    }
    if m == 1 {
      let (rows, columns) = bTransposed ? (n, k) : (k, n)
      return gemv(
        alpha: alpha, b, rows: rows, columns: columns, transposed: !bTransposed, a, beta: beta,
        into: c)
    }
    multiply(
      m: m, n: n, k: k, alpha: alpha, a, transposed: aTransposed, b, transposed: bTransposed,
      beta: beta, into: c)
  }

  /// The part of `gemm` for matrices. It is separate because every call of `gemm` would otherwise
  /// look up the type of a `Product`, for the unspecialized function's memory.
  @inline(never)
  private static func multiply<S: RealScalar>(
    m: Int, n: Int, k: Int, alpha: S, _ a: Span<S>, transposed aTransposed: Bool, _ b: Span<S>,
    transposed bTransposed: Bool, beta: S, into c: consuming MutableSpan<S>
  ) {
    guard let left = unsafe a.base, let right = unsafe b.base, let result = unsafe c.base
    else { return }
    let product = unsafe Product(
      m: m, n: n, k: k, alpha: alpha, a: left, aTransposed: aTransposed, b: right,
      bTransposed: bTransposed, beta: beta, c: result)
    unsafe product.run()
    extendLifetime(a)
    extendLifetime(b)
    extendLifetime(c)
  }

  /// Returns a count as BLAS's 32-bit integer.
  static func blasCount(_ count: Int) -> blasint {
    require(count <= blasint.max, "BLAS does not support \(count) elements")
    return blasint(count)
  }

  private static func checkCount(
    _ expected: Int, _ actual: Int, _ routine: String, _ left: String, _ right: String
  ) {
    require(
      expected == actual, "\(routine): \(left) is \(expected), but \(right) has \(actual) elements")
  }
}
