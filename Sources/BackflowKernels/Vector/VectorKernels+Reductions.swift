extension VectorKernels {
  /// The fewest elements of a single pass that are worth a separate thread.
  package static var readsPerThread: Int { 100_000 }

  /// ‖x‖₂ in double: no square overflows or vanishes on the way, and a norm above the largest float
  /// is still a number.
  package static func norm<S: RealScalar>(_ x: Span<S>) -> Double {
    let sum = sumOfSquares(x)
    return sum.isNormal ? sum.squareRoot() : Double(BLAS.nrm2(x))
  }

  /// The number of elements that are NaN or infinite, counted on all threads.
  package static func nonfiniteCount<S: RealScalar>(_ x: Span<S>) -> Int {
    Threads.map(x.count, grain: readsPerThread) { nonfiniteCount(in: x.extracting($0)) }
      .reduce(0, +)
  }

  /// The number of losses that are above `minimum` while all their slopes are exactly zero. Each
  /// loss has `slopes.count / losses.count` adjacent slopes.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func countFlat<S: RealScalar>(
    _ losses: Span<S>, slopes: Span<S>, above minimum: S
  ) -> Int {
    let width = losses.isEmpty ? 0 : slopes.count / losses.count
    requireShape("countFlat: slopes", slopes.count, width * losses.count)
    var count = 0
    for index in losses.indices where losses[index] > minimum {
      var slope = index * width
      while slope < (index + 1) * width, slopes[slope] == 0 { slope += 1 }
      if slope == (index + 1) * width { count += 1 }
    }
    return count
  }
}
