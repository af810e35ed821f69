extension BLAS {
  /// Computes C_i ← α·op(A_i)·op(B_i) + βC_i for `count` products of one shape with contiguous
  /// matrices. Many small products are distributed over the threads; a large product is divided
  /// itself.
  package static func gemm<S: RealScalar>(
    count: Int, m: Int, n: Int, k: Int, alpha: S = 1,
    _ a: Span<S>, transposed aTransposed: Bool = false,
    _ b: Span<S>, transposed bTransposed: Bool = false,
    beta: S = 0, into c: consuming MutableSpan<S>
  ) {
    require(
      a.count == count * m * k && b.count == count * k * n && c.count == count * m * n,
      "gemm: \(count) products [\(m), \(k)]·[\(k), \(n)] of \(a.count) and \(b.count) elements"
        + " into \(c.count)")
    let work = m * n * k
    guard let result = unsafe c.base else { return }
    // Below this size, gemm does not divide a product.
    let grain = work >= 2 * Threads.leastWork ? count : Threads.grain(work: work)
    Threads.split(count, grain: grain) { part in
      for i in part {
        gemm(
          m: m, n: n, k: k, alpha: alpha,
          a.extracting(i * m * k..<(i + 1) * m * k), transposed: aTransposed,
          b.extracting(i * k * n..<(i + 1) * k * n), transposed: bTransposed, beta: beta,
          into: unsafe MutableSpan(_unsafeStart: result + i * m * n, count: m * n))
      }
    }
    extendLifetime(c)
  }
}
