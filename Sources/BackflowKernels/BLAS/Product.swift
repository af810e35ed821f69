internal import COpenBLAS

/// A gemm operation and its division among threads.
@unsafe struct Product<S: RealScalar> {
  let m, n, k: Int
  let alpha: S
  let a: UnsafePointer<S>
  let aTransposed: Bool
  let b: UnsafePointer<S>
  let bTransposed: Bool
  let beta: S
  let c: UnsafeMutablePointer<S>

  /// The smallest number of multiply-adds that justifies a thread.
  private var workPerThread: Int { 1_000_000 }

  /// Divides the longer side of C, so that no sum of an element is divided.
  func run() {
    let packs = unsafe suitsPacking
    let panel = packs ? S._routines.vector.packedSize(1, 1) : 16
    if unsafe m >= n {
      let grain = unsafe max(16, workPerThread / (n * k))
      unsafe Threads.split(m, grain: grain, alignment: 8) { rows in
        unsafe run(rows, 0..<n, packs: packs)
      }
    } else {
      let grain = unsafe max(16, workPerThread / (m * k))
      unsafe Threads.split(n, grain: grain, alignment: panel) { columns in
        unsafe run(0..<m, columns, packs: packs)
      }
    }
  }

  /// Whether our kernel is faster than OpenBLAS, which packs both operands and clears C first: for
  /// a small product with enough rows to amortize packing B. On one thread, OpenBLAS was measured
  /// to take 1.05 to 1.2 times as long; it takes as long at 512 × 512 × 512, and less at 1024 ×
  /// 1024 × 1024.
  private var suitsPacking: Bool {
    unsafe alpha == 1 && (beta == 0 || beta == 1) && m >= 16 && m * n * k <= 64_000_000
  }

  /// Computes a part of C with these rows and columns, where the sum over k is divided into parts
  /// that are short enough.
  private func run(_ rows: Range<Int>, _ columns: Range<Int>, packs: Bool) {
    let part = unsafe c + rows.lowerBound * n + columns.lowerBound
    let sum = unsafe LongSum(
      rows: rows.count, columns: columns.count, beta: beta, into: part, stride: n)
    let longest = unsafe BLAS.longestMatrixSum(
      m: rows.count, n: columns.count, k: k, packs: packs)
    unsafe sum.add(count: k, longest: longest) { depth, beta, c, stride in
      if packs {
        unsafe runPacked(rows, columns, depth, beta, c, stride)
      } else {
        unsafe runInOpenBLAS(rows, columns, depth, beta, c, stride)
      }
    }
  }

  /// Packs one panel of B at a time and multiplies it while it is in the cache. Each part packs the
  /// shared operand itself: all of B for parts by rows, Aᵀ for parts by columns.
  private func runPacked(
    _ rows: Range<Int>, _ columns: Range<Int>, _ depth: Range<Int>, _ beta: S,
    _ c: UnsafeMutablePointer<S>, _ stride: Int
  ) {
    let routines = S._routines
    let panel = routines.vector.packedSize(1, 1)
    var packed = Buffer<S>(uninitialized: routines.vector.packedSize(depth.count, 1))
    let packedB = unsafe packed.uniqueBase()
    var transposedA = unsafe Buffer<S>(uninitialized: aTransposed ? rows.count * depth.count : 0)
    var rowsOfA = unsafe a + rows.lowerBound * k + depth.lowerBound
    var rowStride = unsafe k
    if unsafe aTransposed {
      let start = unsafe transposedA.uniqueBase()
      unsafe routines.vector.transpose(
        depth.count, rows.count, a + depth.lowerBound * m + rows.lowerBound, m, start, depth.count)
      unsafe rowsOfA = UnsafePointer(start)
      rowStride = depth.count
    }
    let (depthStride, columnStride) = unsafe bTransposed ? (1, k) : (n, 1)
    let startOfB = unsafe b + depth.lowerBound * depthStride
    for column in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: panel) {
      let width = min(panel, columns.upperBound - column)
      unsafe routines.vector.pack(
        depth.count, width, startOfB + column * columnStride, depthStride, columnStride, packedB)
      unsafe routines.vector.packedProduct(
        rows.count, width, depth.count, rowsOfA, rowStride, packedB, beta == 0 ? 0 : 1, 0,
        c + (column - columns.lowerBound), stride)
    }
    extendLifetime(packed)
    extendLifetime(transposedA)
  }

  private func runInOpenBLAS(
    _ rows: Range<Int>, _ columns: Range<Int>, _ depth: Range<Int>, _ beta: S,
    _ c: UnsafeMutablePointer<S>, _ stride: Int
  ) {
    // op(A) starts at (row, depth) and op(B) at (depth, column), in row-major order.
    let (aStride, bStride) = unsafe (aTransposed ? m : k, bTransposed ? k : n)
    let aStart =
      unsafe aTransposed
      ? depth.lowerBound * aStride + rows.lowerBound : rows.lowerBound * aStride + depth.lowerBound
    let bStart =
      unsafe bTransposed
      ? columns.lowerBound * bStride + depth.lowerBound
      : depth.lowerBound * bStride + columns.lowerBound
    unsafe S._routines.blas.gemm(
      CblasRowMajor, aTransposed ? CblasTrans : CblasNoTrans,
      bTransposed ? CblasTrans : CblasNoTrans,
      blasint(rows.count), blasint(columns.count), blasint(depth.count),
      alpha, a + aStart, blasint(aStride), b + bStart, blasint(bStride),
      beta, c, blasint(stride))
  }
}
