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
    let count = blasCount(x.count)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe S._routines.blas.axpy(count, alpha, x.baseAddress, 1, y.baseAddress, 1)
      }
    }
  }

  /// Returns ‖x‖₂, scaled so that no square overflows or underflows.
  package static func nrm2<S: RealScalar>(_ x: Span<S>) -> S {
    unsafe x.withUnsafeBufferPointer { x in
      unsafe S._routines.blas.nrm2(blasCount(x.count), x.baseAddress, 1)
    }
  }

  /// Computes A ← A + αxyᵀ, where A is `x.count` × `y.count`.
  package static func ger<S: RealScalar>(
    _ alpha: S, _ x: Span<S>, _ y: Span<S>, into a: consuming MutableSpan<S>
  ) {
    checkCount(x.count * y.count, a.count, "ger", "x·yᵀ", "A")
    if a.isEmpty { return }
    let (m, n) = (blasint(x.count), blasint(y.count))
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeBufferPointer { y in
        unsafe a.withUnsafeMutableBufferPointer { a in
          unsafe S._routines.blas.ger(
            CblasRowMajor, m, n, alpha, x.baseAddress, 1, y.baseAddress, 1, a.baseAddress, n)
        }
      }
    }
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
    unsafe a.withUnsafeBufferPointer { a in
      unsafe x.withUnsafeBufferPointer { x in
        unsafe y.withUnsafeMutableBufferPointer { y in
          guard let a = a.baseAddress, let x = x.baseAddress, let y = y.baseAddress else { return }
          let columnsInMemory = blasint(columns)
          unsafe LongSum(rows: 1, columns: outer, beta: beta, into: y, stride: outer).add(
            count: inner, longest: longestVectorSum(transposed: transposed)
          ) { part, beta, y, _ in
            let start = unsafe a + part.lowerBound * (transposed ? columns : 1)
            let (m, n) = transposed ? (part.count, columns) : (rows, part.count)
            unsafe S._routines.blas.gemv(
              CblasRowMajor, trans, blasint(m), blasint(n), alpha, start, columnsInMemory,
              x + part.lowerBound, 1, beta, y, 1)
          }
        }
      }
    }
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
      VectorKernels.scale(0, &c)
      return ger(alpha, a, b, into: c)
    }
    if m == 1 {
      let (rows, columns) = bTransposed ? (n, k) : (k, n)
      return gemv(
        alpha: alpha, b, rows: rows, columns: columns, transposed: !bTransposed, a, beta: beta,
        into: c)
    }
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe c.withUnsafeMutableBufferPointer { c in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
          let product = unsafe Product(
            m: m, n: n, k: k, alpha: alpha, a: a, aTransposed: aTransposed,
            b: b, bTransposed: bTransposed, beta: beta, c: c)
          unsafe product.run()
        }
      }
    }
  }

  /// Returns a count as BLAS's 32-bit integer.
  private static func blasCount(_ count: Int) -> blasint {
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
