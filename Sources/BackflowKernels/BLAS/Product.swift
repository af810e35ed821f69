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
    let packs = unsafe suitsColumns || suitsPacking
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

  /// Whether Aᵀ B is computed by our kernel for it, which reads both operands as they are and packs
  /// B only. On one thread, OpenBLAS was measured to take 1.1 to 1.5 times as long for the weight
  /// gradients of recurrences, where k is long and C small, and 1.02 times for the largest.
  private var suitsColumns: Bool {
    unsafe aTransposed && !bTransposed && alpha == 1 && (beta == 0 || beta == 1)
      && m >= 8 && n >= 8 && k >= 8
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
      if unsafe suitsColumns {
        unsafe runByColumns(rows, columns, depth, beta, c, stride)
      } else if packs {
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

  /// Adds up blocks of k. Each packs its rows of B. Where the rows of A are a multiple of half a
  /// page apart, a few columns at a time are copied closer together, so that they do not displace
  /// each other in the cache.
  private func runByColumns(
    _ rows: Range<Int>, _ columns: Range<Int>, _ depth: Range<Int>, _ beta: S,
    _ c: UnsafeMutablePointer<S>, _ stride: Int
  ) {
    let routines = S._routines.vector
    let isSpread = unsafe m * MemoryLayout<S>.stride % 2048 == 0
    let (width, distance) = isSpread ? (192, 208) : (rows.count, unsafe m)
    var packed = Buffer<S>(
      uninitialized: routines.packedSize(min(depth.count, 256), columns.count))
    var near = Buffer<S>(uninitialized: isSpread ? min(depth.count, 256) * distance : 0)
    let (packedB, copy) = unsafe (packed.uniqueBase(), near.uniqueBase())
    for block in BLAS.parts(of: depth.count, longest: 256) {
      let first = depth.lowerBound + block.lowerBound
      unsafe routines.pack(
        block.count, columns.count, b + first * n + columns.lowerBound, n, 1, packedB)
      let accumulates: Int32 = beta == 0 && block.lowerBound == 0 ? 0 : 1
      for row in Swift.stride(from: rows.lowerBound, to: rows.upperBound, by: width) {
        let count = min(width, rows.upperBound - row)
        var start = unsafe a + first * m + row
        if isSpread {
          for p in 0..<block.count {
            unsafe (copy + p * distance).update(from: start + p * m, count: count)
          }
          unsafe start = UnsafePointer(copy)
        }
        unsafe routines.columnsProduct(
          count, columns.count, block.count, start, distance, packedB, accumulates,
          c + (row - rows.lowerBound) * stride, stride)
      }
    }
    extendLifetime(packed)
    extendLifetime(near)
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
