extension VectorKernels {
  /// y = s y, with 0 y = 0 whatever y holds (BLAS's rule for β = 0).
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func scale<S: RealScalar>(_ s: S, _ y: inout MutableSpan<S>) {
    let base = unsafe y.base
    if s == 0 {
      unsafe S._routines.vector.fill(y.count, 0, base)
    } else {
      unsafe S._routines.vector.scale(y.count, s, base, base)
    }
    extendLifetime(y)
  }

  /// y = x in the other precision, rounded to nearest.
  package static func convert<From: RealScalar, To: RealScalar>(
    _ x: Span<From>, into y: consuming MutableSpan<To>
  ) {
    // Through double, which holds every float exactly.
    var doubles = Buffer<Double>(uninitialized: x.count)
    toDouble(x, into: doubles.mutableSpan)
    fromDouble(doubles.span, into: y)
  }

  /// y = x/keep where the seed keeps the element, which it does with probability `keep`, else 0.
  package static func dropout<S: RealScalar>(
    _ x: Span<S>, keep: Double, seed: UInt64, into y: consuming MutableSpan<S>
  ) {
    requireShape("dropout: y", y.count, x.count)
    let (scale, threshold) = (keep > 0 ? S(1 / keep) : 0, UInt64(keep * 0x1p53))
    let (source, target) = unsafe (x.base, y.base)
    Threads.split(x.count, grain: 8192, alignment: 64) { part in
      // The sequence of a seed continues as that of the seed plus a multiple of its increment.
      let first = seed &+ UInt64(part.lowerBound) &* 0x9E37_79B9_7F4A_7C15
      unsafe S._routines.vector.dropout(
        part.count, first, threshold, scale, source.advanced(by: part.lowerBound),
        target.advanced(by: part.lowerBound))
    }
    extendLifetime(x)
    extendLifetime(y)
  }

  /// Whether the elements are equal pairwise.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func allEqual<S: RealScalar>(_ a: Span<S>, _ b: Span<S>) -> Bool {
    guard a.count == b.count else { return false }
    for index in a.indices where a[index] != b[index] { return false }
    return true
  }
}
