// The units between ReLU and the smooth ones, and dropout.
extension VectorKernels {
  /// y ← x where x > 0, else slope · x
  package static func leakyReLU<S: RealScalar>(
    _ x: Span<S>, slope: S, into y: consuming MutableSpan<S>
  ) {
    unsafe map(x, into: y) { unsafe S._routines.vector.feedForward.leakyReLU($0, slope, $1, $2) }
  }

  /// dx ← dy where x > 0, else slope · dy
  package static func leakyReLUBackward<S: RealScalar>(
    _ x: Span<S>, _ dy: Span<S>, slope: S, into dx: consuming MutableSpan<S>
  ) {
    unsafe combine(x, dy, into: dx) {
      unsafe S._routines.vector.feedForward.leakyReLUBackward($0, slope, $1, $2, $3)
    }
  }

  /// y ← x where x > 0, else α (eˣ − 1)
  package static func elu<S: RealScalar>(
    _ x: Span<S>, alpha: S, into y: consuming MutableSpan<S>
  ) {
    unsafe map(x, into: y) { unsafe S._routines.vector.feedForward.elu($0, alpha, $1, $2) }
  }

  /// dx ← dy where x > 0, else dy α eˣ
  package static func eluBackward<S: RealScalar>(
    at x: Span<S>, _ dy: Span<S>, alpha: S, into dx: consuming MutableSpan<S>
  ) {
    unsafe combine(x, dy, into: dx) {
      unsafe S._routines.vector.feedForward.eluBackward($0, alpha, $1, $2, $3)
    }
  }

  /// y ← x Φ(x)
  package static func gelu<S: RealScalar>(_ x: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe map(x, into: y, S._routines.vector.feedForward.gelu)
  }

  /// dx ← dy (Φ(x) + x φ(x))
  package static func geluBackward<S: RealScalar>(
    _ x: Span<S>, _ dy: Span<S>, into dx: consuming MutableSpan<S>
  ) { unsafe combine(x, dy, into: dx, S._routines.vector.feedForward.geluBackward) }

  /// y ← ½ x (1 + tanh u), u = √(2/π) (x + 0.044715 x³)
  package static func geluTanh<S: RealScalar>(_ x: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe map(x, into: y, S._routines.vector.feedForward.geluTanh)
  }

  /// dx ← dy y′, y = ½ x (1 + tanh u)
  package static func geluTanhBackward<S: RealScalar>(
    _ x: Span<S>, _ dy: Span<S>, into dx: consuming MutableSpan<S>
  ) { unsafe combine(x, dy, into: dx, S._routines.vector.feedForward.geluTanhBackward) }

  /// y ← x σ(x)
  package static func silu<S: RealScalar>(_ x: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe map(x, into: y, S._routines.vector.feedForward.silu)
  }

  /// dx ← dy σ(x) (1 + x (1 − σ(x)))
  package static func siluBackward<S: RealScalar>(
    _ x: Span<S>, _ dy: Span<S>, into dx: consuming MutableSpan<S>
  ) { unsafe combine(x, dy, into: dx, S._routines.vector.feedForward.siluBackward) }

  /// y ← ln(1 + eˣ)
  package static func softplus<S: RealScalar>(_ x: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe map(x, into: y, S._routines.vector.softplus)
  }

  /// dx ← dy σ(x)
  package static func softplusBackward<S: RealScalar>(
    _ x: Span<S>, _ dy: Span<S>, into dx: consuming MutableSpan<S>
  ) { unsafe combine(x, dy, into: dx, S._routines.vector.feedForward.softplusBackward) }

  /// y ← x/keep where the seed keeps the element, which it does with probability `keep`, else 0
  package static func dropout<S: RealScalar>(
    _ x: Span<S>, keep: Double, seed: UInt64, into y: consuming MutableSpan<S>
  ) {
    let threshold = UInt64(keep * 0x1p53)
    let scale = keep > 0 ? S(1 / keep) : 0
    unsafe map(x, into: y) {
      unsafe S._routines.vector.feedForward.dropout($0, seed, threshold, scale, $1, $2)
    }
  }
}
