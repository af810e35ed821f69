public import BackflowKernels

// For the layers of a program. A call is compiled together with its closure, so that a loop over
// elements is as fast as one over an array.

extension Tensor {
  /// Returns the tensor of the same shape with f(x) for each element x.
  ///
  ///     let y = x.map { $0 > 0 ? $0 : 0 }
  ///
  /// - Complexity: O(count), on one thread. Functions that the library has, such as `exp`, are
  ///   faster as a `Layer` or operator of the library, because those are vectorized and divided
  ///   among threads.
  @inlinable
  public func map(_ f: (Scalar) -> Scalar) -> Tensor {
    var result = Tensor(uninitialized: shape)
    result.assign(span, f)
    return result
  }

  /// Returns the tensor of the same shape with f(x, y) for each element x and the element y of
  /// `other` at the same index, such as a gradient times a derivative.
  ///
  ///     let inputGradient = outputGradient.map(with: x) { $1 > 0 ? $0 : 0 }
  ///
  /// - Precondition: Both tensors have the same shape.
  /// - Complexity: O(count), on one thread.
  @inlinable
  public func map(with other: Tensor, _ f: (Scalar, Scalar) -> Scalar) -> Tensor {
    require(shape == other.shape, "map: \(shape) against \(other.shape)")
    var result = Tensor(uninitialized: shape)
    result.assign(span, other.span, f)
    return result
  }

  @inlinable
  mutating func assign(_ x: Span<Scalar>, _ f: (Scalar) -> Scalar) {
    var y = mutableSpan
    for i in x.indices { y[i] = f(x[i]) }
  }

  @inlinable
  mutating func assign(
    _ x: Span<Scalar>, _ z: Span<Scalar>, _ f: (Scalar, Scalar) -> Scalar
  ) {
    var y = mutableSpan
    for i in x.indices { y[i] = f(x[i], z[i]) }
  }
}
