// The products by our kernels. Each computes the rows `rows` and columns `columns` of C, for the
// terms `depth` of the sums, into the matrix at `c`: C ← βC + A B with β = 0 or 1.

extension Product {
  /// Packs one panel of B at a time and multiplies it while it is in the cache. Each part packs the
  /// shared operand itself: all of B for parts by rows, Aᵀ for parts by columns.
  func runPacked(
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
  func runByColumns(
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

  /// Computes (B Aᵀ)ᵀ for the stored B, whose rows the kernel reads as they are. Only Aᵀ, which is
  /// small, is packed, and the small result is transposed.
  func runTransposed(
    _ rows: Range<Int>, _ columns: Range<Int>, _ depth: Range<Int>,
    _ c: UnsafeMutablePointer<S>, _ stride: Int
  ) {
    let routines = S._routines.vector
    var packed = Buffer<S>(uninitialized: routines.packedSize(depth.count, rows.count))
    var result = Buffer<S>(uninitialized: columns.count * rows.count)
    let (packedA, transposedC) = unsafe (packed.uniqueBase(), result.uniqueBase())
    unsafe routines.pack(
      depth.count, rows.count, a + rows.lowerBound * k + depth.lowerBound, 1, k, packedA)
    unsafe routines.packedProduct(
      columns.count, rows.count, depth.count, b + columns.lowerBound * k + depth.lowerBound, k,
      packedA, 0, 0, transposedC, rows.count)
    unsafe routines.transpose(columns.count, rows.count, transposedC, rows.count, c, stride)
    extendLifetime(packed)
    extendLifetime(result)
  }
}
