internal import COpenBLAS

/// The products of BLAS on row-major, contiguous spans. Sizes are checked once, before C sees them.
package enum BLAS {
  /// What OpenBLAS says of itself: version, build options, kernel.
  package static var version: String { unsafe String(cString: openblas_get_config()) }

  /// y ← y + αx
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

  /// ‖x‖₂, scaled inside so that no square overflows or vanishes.
  package static func nrm2<S: RealScalar>(_ x: Span<S>) -> S {
    unsafe x.withUnsafeBufferPointer { x in
      unsafe S._routines.blas.nrm2(blasCount(x.count), x.baseAddress, 1)
    }
  }

  /// A ← A + αxyᵀ, A being `x.count` × `y.count`.
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

  /// y ← α·op(A)·x + βy, A being `rows` × `columns` as it is stored. A long sum is formed in parts, so
  /// that its error does not grow with the length.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func gemv<S: RealScalar>(
    alpha: S = 1, _ a: Span<S>, rows: Int, columns: Int, transposed: Bool = false,
    _ x: Span<S>, beta: S = 0, into y: consuming MutableSpan<S>
  ) {
    checkCount(rows * columns, a.count, "gemv", "rows·columns", "A")
    checkCount(transposed ? rows : columns, x.count, "gemv", "op(A)'s columns", "x")
    checkCount(transposed ? columns : rows, y.count, "gemv", "op(A)'s rows", "y")
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

  /// C ← α·op(A)·op(B) + βC, with op(A) of m × k, op(B) of k × n and C of m × n.
  ///
  /// With β = 0, C may hold anything before. Large products are split over `Threads.count`.
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
    // A single row or column makes it a matrix–vector or an outer product, for which gemm does more work
    // than it takes.
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

  /// A length as BLAS counts it, in 32 bits.
  private static func blasCount(_ count: Int) -> blasint {
    require(count <= blasint.max, "BLAS cannot count \(count) elements")
    return blasint(count)
  }

  private static func checkCount(
    _ expected: Int, _ actual: Int, _ routine: String, _ left: String, _ right: String
  ) {
    require(expected == actual, "\(routine): \(left) is \(expected), \(right) has \(actual)")
  }
}
