extension VectorKernels {
  /// y ← value
  package static func fill<S: RealScalar>(_ value: S, into y: consuming MutableSpan<S>) {
    unsafe y.withUnsafeMutableBufferPointer { y in
      unsafe S._routines.vector.fill(y.count, value, y.baseAddress)
    }
  }

  /// y ← a + b
  package static func add<S: RealScalar>(
    _ a: Span<S>, _ b: Span<S>, into y: consuming MutableSpan<S>
  ) { unsafe combine(a, b, into: y, S._routines.vector.add) }

  /// sum ← sum + x, error ← error + what that rounds away: sum + error is a sum of many tensors, rounded once
  package static func add<S: RealScalar>(
    _ x: Span<S>, to sum: consuming MutableSpan<S>, keeping error: consuming MutableSpan<S>
  ) {
    requireCount(x.count, sum.count)
    requireCount(x.count, error.count)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe sum.withUnsafeMutableBufferPointer { sum in
        unsafe error.withUnsafeMutableBufferPointer { error in
          unsafe S._routines.vector.addWithError(
            x.count, x.baseAddress, sum.baseAddress, error.baseAddress)
        }
      }
    }
  }

  /// y ← a − b
  package static func subtract<S: RealScalar>(
    _ a: Span<S>, _ b: Span<S>, into y: consuming MutableSpan<S>
  ) { unsafe combine(a, b, into: y, S._routines.vector.subtract) }

  /// y ← a · b
  package static func multiply<S: RealScalar>(
    _ a: Span<S>, _ b: Span<S>, into y: consuming MutableSpan<S>
  ) { unsafe combine(a, b, into: y, S._routines.vector.multiply) }

  /// y ← a / b
  package static func divide<S: RealScalar>(
    _ a: Span<S>, _ b: Span<S>, into y: consuming MutableSpan<S>
  ) { unsafe combine(a, b, into: y, S._routines.vector.divide) }

  /// y ← max(a, b), NaN where either is
  package static func maximum<S: RealScalar>(
    _ a: Span<S>, _ b: Span<S>, into y: consuming MutableSpan<S>
  ) { unsafe combine(a, b, into: y, S._routines.vector.maximum) }

  /// y ← min(a, b), NaN where either is
  package static func minimum<S: RealScalar>(
    _ a: Span<S>, _ b: Span<S>, into y: consuming MutableSpan<S>
  ) { unsafe combine(a, b, into: y, S._routines.vector.minimum) }

  /// y ← x + s
  package static func add<S: RealScalar>(
    _ s: S, _ x: Span<S>, into y: consuming MutableSpan<S>
  ) {
    unsafe map(x, into: y) { unsafe S._routines.vector.addScalar($0, s, $1, $2) }
  }

  /// y ← s · x
  package static func scale<S: RealScalar>(
    _ s: S, _ x: Span<S>, into y: consuming MutableSpan<S>
  ) {
    unsafe map(x, into: y) { unsafe S._routines.vector.scale($0, s, $1, $2) }
  }

  /// y ← s · y, with 0 · y = 0 whatever y holds (BLAS's rule for β = 0)
  package static func scale<S: RealScalar>(_ s: S, _ y: inout MutableSpan<S>) {
    unsafe y.withUnsafeMutableBufferPointer { y in
      if s == 0 {
        unsafe S._routines.vector.fill(y.count, 0, y.baseAddress)
      } else {
        unsafe S._routines.vector.scale(y.count, s, UnsafePointer(y.baseAddress), y.baseAddress)
      }
    }
  }

  /// y ← x limited to lower...upper; NaN stays NaN
  package static func clamp<S: RealScalar>(
    _ x: Span<S>, _ lower: S, _ upper: S, into y: consuming MutableSpan<S>
  ) {
    unsafe map(x, into: y) { unsafe S._routines.vector.clamp($0, lower, upper, $1, $2) }
  }

  /// y ← −x
  package static func negate<S: RealScalar>(_ x: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe map(x, into: y, S._routines.vector.negate)
  }

  /// y ← |x|
  package static func absolute<S: RealScalar>(_ x: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe map(x, into: y, S._routines.vector.absolute)
  }

  /// y ← x²
  package static func square<S: RealScalar>(_ x: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe map(x, into: y, S._routines.vector.square)
  }

  /// y ← √x
  package static func squareRoot<S: RealScalar>(_ x: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe map(x, into: y, S._routines.vector.squareRoot)
  }

  /// y ← 1/x
  package static func reciprocal<S: RealScalar>(_ x: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe map(x, into: y, S._routines.vector.reciprocal)
  }

  /// y ← eˣ
  package static func exp<S: RealScalar>(_ x: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe map(x, into: y, S._routines.vector.exp)
  }

  /// y ← ln x
  package static func log<S: RealScalar>(_ x: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe map(x, into: y, S._routines.vector.log)
  }

  /// y ← x in the other precision, rounded to nearest
  package static func convert<From: RealScalar, To: RealScalar>(
    _ x: Span<From>, into y: consuming MutableSpan<To>
  ) {
    requireCount(x.count, y.count)
    // Through double, which holds every float exactly.
    var doubles = Buffer<Double>(uninitialized: x.count)
    unsafe x.withUnsafeBufferPointer { x in
      var doubles = doubles.mutableSpan
      unsafe doubles.withUnsafeMutableBufferPointer { doubles in
        unsafe From._routines.vector.toDouble(x.count, x.baseAddress, doubles.baseAddress)
      }
    }
    unsafe doubles.span.withUnsafeBufferPointer { doubles in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe To._routines.vector.fromDouble(doubles.count, doubles.baseAddress, y.baseAddress)
      }
    }
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
