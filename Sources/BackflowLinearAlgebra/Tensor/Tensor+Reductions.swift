internal import BackflowKernels

// MARK: - Of all elements

extension Tensor {
  /// The sum of the elements; 0 for none.
  public func sum() -> Scalar { VectorKernels.sum(span) }

  /// The mean of the elements; NaN for none.
  public func mean() -> Scalar { sum() / Scalar(count) }

  /// The largest element, NaN if any is; −∞ for none.
  public func max() -> Scalar { VectorKernels.maximum(of: span) }

  /// The smallest element, NaN if any is; +∞ for none.
  public func min() -> Scalar { VectorKernels.minimum(of: span) }

  /// The largest absolute value, NaN if any element is; 0 for none.
  public func maxMagnitude() -> Scalar { VectorKernels.maxMagnitude(span) }

  /// The Euclidean norm of the elements (BLAS nrm2): no square overflows or vanishes on the way.
  public func norm() -> Scalar { BLAS.nrm2(span) }

  /// The variance of the elements about their mean, divided by count − `correction`.
  public func variance(correction: Int = 0) -> Scalar {
    Scalar(VectorKernels.sumOfSquares((self - mean()).span)) / Scalar(count - correction)
  }

  /// The square root of the variance.
  public func standardDeviation(correction: Int = 0) -> Scalar {
    variance(correction: correction).squareRoot()
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

  /// The means along `axis`.
  public func mean(axis: Int) -> Tensor { sum(axis: axis) / Scalar(shape[axis]) }

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
