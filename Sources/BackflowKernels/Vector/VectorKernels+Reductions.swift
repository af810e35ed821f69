extension VectorKernels {
  /// The fewest elements of a single pass that are worth a thread of their own.
  package static var readsPerThread: Int { 100_000 }

  /// Σx, with an error that does not grow with the count.
  package static func sum<S: RealScalar>(_ x: Span<S>) -> S {
    unsafe reduce(x, S._routines.vector.sum)
  }

  /// Σx², in double.
  package static func sumOfSquares<S: RealScalar>(_ x: Span<S>) -> Double {
    unsafe reduce(x, S._routines.vector.sumOfSquares)
  }

  /// xᵀy, in double, with an error that does not grow with the count.
  package static func dot<S: RealScalar>(_ x: Span<S>, _ y: Span<S>) -> Double {
    require(x.count == y.count, "dot: x has \(x.count) elements, y has \(y.count)")
    return unsafe y.withUnsafeBufferPointer { y in
      unsafe reduce(x) { unsafe S._routines.vector.dot($0, $1, y.baseAddress) }
    }
  }

  /// ‖x‖₂ in double: no square overflows or vanishes on the way, and a norm above the largest float
  /// is still a number.
  package static func norm<S: RealScalar>(_ x: Span<S>) -> Double {
    let sum = sumOfSquares(x)
    return sum.isNormal ? sum.squareRoot() : Double(BLAS.nrm2(x))
  }

  /// max x, NaN if any is; −∞ for none.
  package static func maximum<S: RealScalar>(of x: Span<S>) -> S {
    unsafe reduce(x, S._routines.vector.maximumOf)
  }

  /// min x, NaN if any is; +∞ for none.
  package static func minimum<S: RealScalar>(of x: Span<S>) -> S {
    unsafe reduce(x, S._routines.vector.minimumOf)
  }

  /// max |x|, NaN if any is; 0 for none.
  package static func maxMagnitude<S: RealScalar>(_ x: Span<S>) -> S {
    unsafe reduce(x, S._routines.vector.maxMagnitude)
  }

  /// How many elements are NaN or infinite. They are divided among threads.
  package static func nonfiniteCount<S: RealScalar>(_ x: Span<S>) -> Int {
    unsafe x.withUnsafeBufferPointer { x in
      Threads.map(x.count, grain: readsPerThread) { part in
        unsafe S._routines.vector.nonfiniteCount(
          part.count, x.baseAddress.map { unsafe $0 + part.lowerBound })
      }
    }.reduce(0, +)
  }

  /// The first place of the maximum, NaN counting as one.
  package static func indexOfMaximum<S: RealScalar>(_ x: Span<S>) -> Int {
    unsafe reduce(x, S._routines.vector.indexOfMaximum)
  }
}
