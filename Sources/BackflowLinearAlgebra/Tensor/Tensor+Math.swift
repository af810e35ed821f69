internal import BackflowKernels

extension Tensor {
  /// |x|, element by element.
  public var magnitude: Tensor { map { VectorKernels.absolute($0, into: $1) } }

  /// x², element by element.
  public func squared() -> Tensor { map { VectorKernels.square($0, into: $1) } }

  /// √x, element by element; NaN below 0.
  public func squareRoot() -> Tensor { map { VectorKernels.squareRoot($0, into: $1) } }

  /// Every element limited to `range`; NaN stays NaN.
  public func clamped(to range: ClosedRange<Scalar>) -> Tensor {
    map { VectorKernels.clamp($0, range.lowerBound, range.upperBound, into: $1) }
  }
}

/// eˣ, element by element.
public func exp<S>(_ x: Tensor<S>) -> Tensor<S> { x.map { VectorKernels.exp($0, into: $1) } }

/// ln x, element by element; −∞ at 0 and NaN below.
public func log<S>(_ x: Tensor<S>) -> Tensor<S> { x.map { VectorKernels.log($0, into: $1) } }

/// tanh x, element by element.
public func tanh<S>(_ x: Tensor<S>) -> Tensor<S> { x.map { VectorKernels.tanh($0, into: $1) } }

/// The logistic function 1/(1 + e⁻ˣ), element by element.
public func sigmoid<S>(_ x: Tensor<S>) -> Tensor<S> {
  x.map { VectorKernels.sigmoid($0, into: $1) }
}

/// max(x, 0), element by element; NaN stays NaN.
public func relu<S>(_ x: Tensor<S>) -> Tensor<S> { x.map { VectorKernels.relu($0, into: $1) } }

/// eˣ / Σeˣ along the last axis, shifted by its maximum so that nothing overflows.
public func softmax<S>(_ x: Tensor<S>) -> Tensor<S> {
  let rows = x.asRows.shape
  return x.map { VectorKernels.softmax($0, rows: rows[0], columns: rows[1], into: $1) }
}

/// ln softmax along the last axis, without forming the softmax.
public func logSoftmax<S>(_ x: Tensor<S>) -> Tensor<S> {
  let rows = x.asRows.shape
  return x.map { VectorKernels.logSoftmax($0, rows: rows[0], columns: rows[1], into: $1) }
}
