extension VectorKernels {
  /// y ← tanh x
  package static func tanh<S: RealScalar>(_ x: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe map(x, into: y, S._routines.vector.tanh)
  }

  /// dx ← dy (1 − tanh² x)
  package static func tanhBackward<S: RealScalar>(
    at x: Span<S>, _ dy: Span<S>, into dx: consuming MutableSpan<S>
  ) { unsafe combine(x, dy, into: dx, S._routines.vector.tanhBackwardAt) }

  /// y ← 1/(1 + e⁻ˣ)
  package static func sigmoid<S: RealScalar>(_ x: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe map(x, into: y, S._routines.vector.sigmoid)
  }

  /// dx ← dy σ(x) σ(−x)
  package static func sigmoidBackward<S: RealScalar>(
    at x: Span<S>, _ dy: Span<S>, into dx: consuming MutableSpan<S>
  ) { unsafe combine(x, dy, into: dx, S._routines.vector.sigmoidBackwardAt) }

  /// y ← max(x, 0)
  package static func relu<S: RealScalar>(_ x: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe map(x, into: y, S._routines.vector.relu)
  }

  /// dx ← dy where y > 0, else 0
  package static func reluBackward<S: RealScalar>(
    _ y: Span<S>, _ dy: Span<S>, into dx: consuming MutableSpan<S>
  ) { unsafe combine(y, dy, into: dx, S._routines.vector.reluBackward) }
}
