internal import BackflowKernels

// MARK: - Over all elements

extension Tensor {
  /// Returns the sum of the elements; 0 if there are none.
  public func sum() -> Scalar { VectorKernels.sum(span) }

  /// Returns the mean of the elements; NaN if there are none.
  public func mean() -> Scalar { Scalar(meanInDouble()) }

  /// Returns the mean before it is rounded to the precision of the elements.
  package func meanInDouble() -> Double { moments(withVariance: false).mean(0) }

  /// Returns the largest element: NaN if any element is NaN, and −∞ if there are none.
  public func max() -> Scalar { VectorKernels.maximum(of: span) }

  /// Returns the smallest element: NaN if any element is NaN, and +∞ if there are none.
  public func min() -> Scalar { VectorKernels.minimum(of: span) }

  /// Returns the largest absolute value: NaN if any element is NaN, and 0 if there are none.
  public func maxMagnitude() -> Scalar { VectorKernels.maxMagnitude(span) }

  /// Returns the Euclidean norm of the elements, without intermediate overflow or underflow.
  public func norm() -> Scalar { Scalar(VectorKernels.norm(span)) }

  /// Returns the variance of the elements, Σ(x − mean)² / (count − `correction`). It is computed in
  /// double precision from the deviations, so that a large mean does not cost accuracy.
  public func variance(correction: Int = 0) -> Scalar {
    Scalar(moments().variance(0, correction: bessel(correction)))
  }

  /// Returns the standard deviation of the elements, also if the variance is out of range.
  public func standardDeviation(correction: Int = 0) -> Scalar {
    Scalar(standardDeviationInDouble(correction: correction))
  }

  /// Returns the standard deviation before it is rounded to the precision of the elements.
  package func standardDeviationInDouble(correction: Int = 0) -> Double {
    moments().standardDeviation(0, correction: bessel(correction))
  }

  /// Returns count/(count − correction).
  private func bessel(_ correction: Int) -> Double { Double(count) / Double(count - correction) }

  private func moments(withVariance: Bool = true) -> ChannelMoments {
    VectorKernels.channelMoments(
      span, ChannelLayout(outer: 1, channels: 1, inner: count), withVariance: withVariance)
  }

  /// Returns the flat index of the first largest element, where NaN counts as largest.
  ///
  /// - Precondition: The tensor is not empty.
  public func argmax() -> Int {
    require(!isEmpty, "a tensor of shape \(shape) has no largest element")
    return VectorKernels.indexOfMaximum(span)
  }

  /// The number of elements that are NaN or infinite.
  public var nonfiniteCount: Int { VectorKernels.nonfiniteCount(span) }

  /// A Boolean value that indicates whether no element is NaN or infinite.
  public var isFinite: Bool { nonfiniteCount == 0 }
}

// MARK: - Along an axis, which the result does not have

extension Tensor {
  /// Returns the sums along `axis`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func sum(axis: Int) -> Tensor {
    let (outer, extent, inner) = shape.around(axis: axis)
    var result = Tensor(uninitialized: shape.removing(axis: axis))
    if inner == 1 {
      VectorKernels.rowSums(span, columns: extent, into: result.mutableSpan)
    } else {
      VectorKernels.sumRows(span, groups: outer, rows: extent, into: result.mutableSpan)
    }
    return result
  }

  /// Returns the means along `axis`, each as accurate as `mean()`; NaN along an axis of extent 0.
  public func mean(axis: Int) -> Tensor {
    let (outer, extent, inner) = shape.around(axis: axis)
    let shape = shape.removing(axis: axis)
    if shape.elementCount == 0 { return Tensor(uninitialized: shape) }
    let layout =
      inner == 1
      ? ChannelLayout(outer: 1, channels: outer, inner: extent)
      : ChannelLayout(outer: extent, channels: inner, inner: 1)
    let groups = inner == 1 ? 1 : outer
    let parts = (0..<groups).map { group in
      let part = span.extracting(group * layout.count..<(group + 1) * layout.count)
      let moments = VectorKernels.channelMoments(part, layout, withVariance: false)
      return Tensor(
        shape: [layout.channels], storage: moments.map { moments.mean($0) }.rounded())
    }
    return (parts.count == 1 ? parts[0] : .concatenate(parts)).reshaped(to: shape)
  }

  /// Returns the largest elements along `axis`; NaN if any of them is NaN.
  public func max(axis: Int) -> Tensor {
    fold(axis: axis) { VectorKernels.maximum($0, $1, into: $2) }
  }

  /// Returns the smallest elements along `axis`; NaN if any of them is NaN.
  public func min(axis: Int) -> Tensor {
    fold(axis: axis) { VectorKernels.minimum($0, $1, into: $2) }
  }

  /// Returns, for each row along the last axis, the index of its first largest element.
  public func argmaxOfRows() -> [Int] {
    let rows = asRows.shape
    require(rows[1] > 0, "the rows of shape \(shape) have no largest element")
    return VectorKernels.rowArgmax(span, rows: rows[0], columns: rows[1])
  }

  private func fold(
    axis: Int, _ kernel: (Span<Scalar>, Span<Scalar>, consuming MutableSpan<Scalar>) -> Void
  ) -> Tensor {
    require(shape[axis] > 0, "axis \(axis) of shape \(shape) is empty")
    return (1..<shape[axis]).reduce(select(0, axis: axis)) { result, index in
      let next = select(index, axis: axis)
      var folded = Tensor(uninitialized: result.shape)
      kernel(result.span, next.span, folded.mutableSpan)
      return folded
    }
  }
}

// MARK: - Approximate equality

extension Tensor {
  /// Returns whether the shapes are equal and ‖self − other‖∞ ≤ max(absolute, relative ·
  /// max(‖self‖∞, ‖other‖∞)).
  ///
  /// The result is false if an element is NaN. If an element is infinite, the result is true only
  /// for equal tensors.
  public func isApproximatelyEqual(
    to other: Tensor, relativeTolerance: Scalar = Scalar.ulpOfOne.squareRoot(),
    absoluteTolerance: Scalar = 0
  ) -> Bool {
    guard shape == other.shape else { return false }
    let scale = Swift.max(maxMagnitude(), other.maxMagnitude())
    let tolerance = Swift.max(absoluteTolerance, relativeTolerance * scale)
    return self == other || scale.isFinite && (self - other).maxMagnitude() <= tolerance
  }
}
