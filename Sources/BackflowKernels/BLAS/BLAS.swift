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

  /// xᵀy
  package static func dot<S: RealScalar>(_ x: Span<S>, _ y: Span<S>) -> S {
    checkCount(x.count, y.count, "dot", "x", "y")
    return unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeBufferPointer { y in
        unsafe S._routines.blas.dot(blasCount(x.count), x.baseAddress, 1, y.baseAddress, 1)
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

  /// y ← α·op(A)·x + βy, A being `rows` × `columns` as it is stored.
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
    unsafe a.withUnsafeBufferPointer { a in
      unsafe x.withUnsafeBufferPointer { x in
        unsafe y.withUnsafeMutableBufferPointer { y in
          unsafe S._routines.blas.gemv(
            CblasRowMajor, transposed ? CblasTrans : CblasNoTrans,
            blasint(rows), blasint(columns), alpha, a.baseAddress, blasint(columns),
            x.baseAddress, 1, beta, y.baseAddress, 1)
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
    // A single row or column makes it a matrix–vector or an outer product, of which gemm makes more
    // work than they are.
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

/// One gemm, and its division among threads.
@unsafe private struct Product<S: RealScalar> {
  let m, n, k: Int
  let alpha: S
  let a: UnsafePointer<S>
  let aTransposed: Bool
  let b: UnsafePointer<S>
  let bTransposed: Bool
  let beta: S
  let c: UnsafeMutablePointer<S>

  /// The fewest multiply-adds that are worth a thread of their own.
  private var workPerThread: Int { 1_000_000 }

  /// Splits the longer side of C, so that no element's sum is divided.
  func run() {
    let packs = unsafe suitsPacking
    let panel = packs ? S._routines.vector.packedSize(1, 1) : 16
    if unsafe m >= n {
      let grain = unsafe max(16, workPerThread / (n * k))
      unsafe Threads.split(m, grain: grain, alignment: 8) { rows in
        unsafe packs ? runPacked(rows, 0..<n) : runInOpenBLAS(rows, 0..<n)
      }
    } else {
      let grain = unsafe max(16, workPerThread / (m * k))
      unsafe Threads.split(n, grain: grain, alignment: panel) { columns in
        unsafe packs ? runPacked(0..<m, columns) : runInOpenBLAS(0..<m, columns)
      }
    }
  }

  /// Whether the product is small enough that OpenBLAS, which packs both operands and clears C first,
  /// takes longer than our kernel, and has the rows to pay for packing B. Measured on one thread: 1.05 to
  /// 1.2 times as long; as long at 512 × 512 × 512, and shorter at 1024 × 1024 × 1024.
  private var suitsPacking: Bool {
    unsafe alpha == 1 && (beta == 0 || beta == 1) && m >= 16 && m * n * k <= 64_000_000
  }

  /// Packs one panel of B at a time and multiplies it while it is in the cache. What the parts share,
  /// each packs for itself: all of B if they are rows, Aᵀ if they are columns.
  private func runPacked(_ rows: Range<Int>, _ columns: Range<Int>) {
    let routines = S._routines
    let panel = routines.vector.packedSize(1, 1)
    var packed = unsafe Buffer<S>(uninitialized: routines.vector.packedSize(k, 1))
    let packedB = unsafe packed.uniqueBase()
    var transposedA = unsafe Buffer<S>(uninitialized: aTransposed ? rows.count * k : 0)
    var rowsOfA = unsafe a + rows.lowerBound * k
    if unsafe aTransposed {
      let start = unsafe transposedA.uniqueBase()
      unsafe routines.vector.transpose(k, rows.count, a + rows.lowerBound, m, start, k)
      unsafe rowsOfA = UnsafePointer(start)
    }
    let (rowStride, columnStride) = unsafe bTransposed ? (1, k) : (n, 1)
    for column in stride(from: columns.lowerBound, to: columns.upperBound, by: panel) {
      let width = min(panel, columns.upperBound - column)
      unsafe routines.vector.pack(
        k, width, b + column * columnStride, rowStride, columnStride, packedB)
      unsafe routines.vector.packedProduct(
        rows.count, width, k, rowsOfA, k, packedB, beta == 0 ? 0 : 1, 0,
        c + rows.lowerBound * n + column, n)
    }
    // Until here pointers into them were used.
    withExtendedLifetime((packed, transposedA)) {}
  }

  private func runInOpenBLAS(_ rows: Range<Int>, _ columns: Range<Int>) {
    let (aStride, bStride) = unsafe (aTransposed ? m : k, bTransposed ? k : n)
    let aStart = unsafe aTransposed ? rows.lowerBound : rows.lowerBound * aStride
    let bStart = unsafe bTransposed ? columns.lowerBound * bStride : columns.lowerBound
    let cStart = unsafe rows.lowerBound * n + columns.lowerBound
    unsafe S._routines.blas.gemm(
      CblasRowMajor, aTransposed ? CblasTrans : CblasNoTrans,
      bTransposed ? CblasTrans : CblasNoTrans,
      blasint(rows.count), blasint(columns.count), blasint(k),
      alpha, a + aStart, blasint(aStride), b + bStart, blasint(bStride),
      beta, c + cStart, blasint(n))
  }
}
