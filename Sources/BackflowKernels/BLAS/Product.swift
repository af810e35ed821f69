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

  /// Divides the longer side of C, so that no sum of an element is divided. Each part packs an
  /// operand of its own, so that a product by our kernels stays whole if no thread is free.
  func run() {
    let method = unsafe method
    let isOurs = method != .openBLAS
    let panel = method == .openBLAS ? 16 : S._routines.vector.packedSize(1, 1)
    if unsafe m >= n {
      let grain = unsafe max(16, Threads.grain(work: n * k))
      unsafe Threads.split(m, grain: grain, alignment: 8, mayStayWhole: isOurs) { rows in
        unsafe run(rows, 0..<n, method)
      }
    } else {
      let grain = unsafe max(16, Threads.grain(work: m * k))
      unsafe Threads.split(n, grain: grain, alignment: panel, mayStayWhole: isOurs) { columns in
        unsafe run(0..<m, columns, method)
      }
    }
  }

  /// How a product is computed: by our kernels in one of three ways, or by OpenBLAS.
  enum Method {
    case byColumns, transposed, packed, openBLAS
  }

  /// The method that was measured to be the fastest on one thread.
  private var method: Method {
    guard unsafe alpha == 1 && (beta == 0 || beta == 1) else { return .openBLAS }
    // Aᵀ B reads A as it is. OpenBLAS takes 1.1 to 1.5 times as long for the weight gradients of
    // recurrences, where k is long and C small, and 1.02 times for the largest.
    if unsafe aTransposed && !bTransposed && m >= 8 && n >= 8 && k >= 8 { return .byColumns }
    // A Bᵀ with few rows, such as those of a batch, reads B as it is: as (B Aᵀ)ᵀ.
    let panel = S._routines.vector.packedSize(1, 1)
    if unsafe bTransposed && !aTransposed && beta == 0 && m <= 2 * panel && n >= 2 * m
      && 8 * ((m + panel - 1) / panel * panel - m) <= m
    {
      return .transposed
    }
    // OpenBLAS packs both operands and clears C first. It takes 1.05 to 1.2 times as long for a
    // small product with enough rows to amortize packing B, as long at 512 × 512 × 512, and less at
    // 1024 × 1024 × 1024.
    return unsafe m >= 16 && m * n * k <= 64_000_000 ? .packed : .openBLAS
  }

  /// Computes a part of C with these rows and columns, where the sum over k is divided into parts
  /// that are short enough.
  private func run(_ rows: Range<Int>, _ columns: Range<Int>, _ method: Method) {
    let part = unsafe c + rows.lowerBound * n + columns.lowerBound
    let sum = unsafe LongSum(
      rows: rows.count, columns: columns.count, beta: beta, into: part, stride: n)
    let longest = unsafe BLAS.longestMatrixSum(
      m: rows.count, n: columns.count, k: k, packs: method != .openBLAS)
    unsafe sum.add(count: k, longest: longest) { depth, beta, c, stride in
      switch method {
      case .byColumns: unsafe runByColumns(rows, columns, depth, beta, c, stride)
      case .transposed: unsafe runTransposed(rows, columns, depth, c, stride)
      case .packed: unsafe runPacked(rows, columns, depth, beta, c, stride)
      case .openBLAS: unsafe runInOpenBLAS(rows, columns, depth, beta, c, stride)
      }
    }
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
