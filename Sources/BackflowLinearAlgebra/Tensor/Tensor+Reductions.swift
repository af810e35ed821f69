internal import BackflowKernels

// MARK: - Of all elements

extension Tensor {
  /// The sum of the elements; 0 for none.
  public func sum() -> Scalar { VectorKernels.sum(span) }

  /// The mean of the elements; NaN for none.
  public func mean() -> Scalar { Scalar(meanInDouble()) }

  /// As `mean()`, before it is rounded to the precision of the elements.
  package func meanInDouble() -> Double { moments(withVariance: false).mean(0) }

  /// The largest element, NaN if any is; −∞ for none.
  public func max() -> Scalar { VectorKernels.maximum(of: span) }

  /// The smallest element, NaN if any is; +∞ for none.
  public func min() -> Scalar { VectorKernels.minimum(of: span) }

  /// The largest absolute value, NaN if any element is; 0 for none.
  public func maxMagnitude() -> Scalar { VectorKernels.maxMagnitude(span) }

  /// The Euclidean norm of the elements: no square overflows or vanishes on the way.
  public func norm() -> Scalar { Scalar(VectorKernels.norm(span)) }

  /// The variance of the elements about their mean, divided by count − `correction`. Formed in double from
  /// the deviations, so that a large mean costs no digits.
  public func variance(correction: Int = 0) -> Scalar {
    Scalar(moments().variance(0, correction: bessel(correction)))
  }

  /// The square root of the variance, also where the variance itself is out of range.
  public func standardDeviation(correction: Int = 0) -> Scalar {
    Scalar(standardDeviationInDouble(correction: correction))
  }

  /// As `standardDeviation`, before it is rounded to the precision of the elements.
  package func standardDeviationInDouble(correction: Int = 0) -> Double {
    moments().standardDeviation(0, correction: bessel(correction))
  }

  /// count/(count − correction)
  private func bessel(_ correction: Int) -> Double { Double(count) / Double(count - correction) }

  private func moments(withVariance: Bool = true) -> ChannelMoments {
    VectorKernels.channelMoments(
      span, ChannelLayout(outer: 1, channels: 1, inner: count), withVariance: withVariance)
  }

  /// The flat index of the first largest element, NaN counting as largest. Stops if there is none.
  public func argmax() -> Int {
    require(!isEmpty, "a tensor of shape \(shape) has no largest element")
    return VectorKernels.indexOfMaximum(span)
  }

  /// How many elements are NaN or infinite.
  public var nonfiniteCount: Int { VectorKernels.nonfiniteCount(span) }

  /// Whether no element is NaN or infinite.
  public var isFinite: Bool { nonfiniteCount == 0 }
}

// MARK: - Along an axis, which the result no longer has

extension Tensor {
  /// The sums along `axis`.
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

  /// The means along `axis`, each as exact as `mean()`; NaN along an axis of extent 0.
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

  /// The largest elements along `axis`, NaN where any is.
  public func max(axis: Int) -> Tensor {
    fold(axis: axis) { VectorKernels.maximum($0, $1, into: $2) }
  }

  /// The smallest elements along `axis`, NaN where any is.
  public func min(axis: Int) -> Tensor {
    fold(axis: axis) { VectorKernels.minimum($0, $1, into: $2) }
  }

  /// The place of the first largest element of each row, the last axis being the row.
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
  /// Whether the shapes agree and ‖self − other‖∞ ≤ max(absolute, relative · max(‖self‖∞, ‖other‖∞)).
  /// Never true when an element is NaN; with an infinite one, true of equal tensors only.
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
