internal import BackflowKernels

extension Tensor {
  /// The elementwise absolute value.
  public var magnitude: Tensor { map { VectorKernels.absolute($0, into: $1) } }

  /// Returns the elementwise square.
  public func squared() -> Tensor { map { VectorKernels.square($0, into: $1) } }

  /// Returns the elementwise square root; NaN for negative elements.
  public func squareRoot() -> Tensor { map { VectorKernels.squareRoot($0, into: $1) } }

  /// Returns the elements limited to `range`. NaN remains NaN.
  public func clamped(to range: ClosedRange<Scalar>) -> Tensor {
    map { VectorKernels.clamp($0, range.lowerBound, range.upperBound, into: $1) }
  }
}

/// Returns eˣ, elementwise.
public func exp<S>(_ x: Tensor<S>) -> Tensor<S> { x.map { VectorKernels.exp($0, into: $1) } }

/// Returns ln x, elementwise: −∞ at 0, and NaN for negative elements.
public func log<S>(_ x: Tensor<S>) -> Tensor<S> { x.map { VectorKernels.log($0, into: $1) } }

/// Returns tanh x, elementwise.
@specialized(where S == Float)
@specialized(where S == Double)
public func tanh<S>(_ x: Tensor<S>) -> Tensor<S> { x.map { VectorKernels.tanh($0, into: $1) } }

/// Returns the logistic function 1/(1 + e⁻ˣ), elementwise.
@specialized(where S == Float)
@specialized(where S == Double)
public func sigmoid<S>(_ x: Tensor<S>) -> Tensor<S> {
  x.map { VectorKernels.sigmoid($0, into: $1) }
}

/// Returns max(x, 0), elementwise. NaN remains NaN.
@specialized(where S == Float)
@specialized(where S == Double)
public func relu<S>(_ x: Tensor<S>) -> Tensor<S> { x.map { VectorKernels.relu($0, into: $1) } }

/// Returns the softmax, eˣ / Σeˣ, along the last axis. The elements are shifted by their maximum,
/// so that nothing overflows.
public func softmax<S>(_ x: Tensor<S>) -> Tensor<S> {
  let rows = x.asRows.shape
  return x.map { VectorKernels.softmax($0, rows: rows[0], columns: rows[1], into: $1) }
}

/// Returns the logarithm of the softmax along the last axis, without computing the softmax.
public func logSoftmax<S>(_ x: Tensor<S>) -> Tensor<S> {
  let rows = x.asRows.shape
  return x.map { VectorKernels.logSoftmax($0, rows: rows[0], columns: rows[1], into: $1) }
}
