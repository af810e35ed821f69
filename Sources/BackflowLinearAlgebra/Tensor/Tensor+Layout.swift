internal import BackflowKernels

// MARK: - Reshaping

extension Tensor {
  /// Returns the same elements, in the same order, as a tensor of another shape.
  ///
  /// - Precondition: The number of elements is the same.
  /// - Complexity: O(1); the memory is shared.
  @inlinable
  public func reshaped(to shape: Shape) -> Tensor {
    if shape.elementCount != count { self.shape.refuse(toBecome: shape) }
    return Tensor(shape: shape, storage: storage)
  }

  /// The elements as a vector.
  ///
  /// - Complexity: O(1); the memory is shared.
  @inlinable
  public var flattened: Tensor { reshaped(to: [count]) }

  /// The tensor as a matrix, [rows, columns], with all axes except the last merged:
  /// [time, batch, features] becomes [time × batch, features].
  ///
  /// - Complexity: O(1); the memory is shared.
  @inlinable
  public var asRows: Tensor {
    if rank == 0 { refuseScalar() }
    return reshaped(to: Shape(rows: shape.rowCount, columns: shape[rank - 1]))
  }
}

extension Shape {
  @usableFromInline @inline(never)
  func refuse(toBecome other: Shape) -> Never {
    stop("shape \(self) has \(elementCount) elements and cannot become \(other)")
  }
}

@usableFromInline @inline(never)
func refuseScalar() -> Never { stop("a scalar has no rows and is not a matrix") }

// MARK: - Slicing

extension Tensor {
  /// Returns a copy of the given range of `axis`. The other axes are complete.
  ///
  /// - Complexity: O(count of the result)
  public func slice(_ range: Range<Int>, axis: Int = 0) -> Tensor {
    let (outer, extent, inner) = shape.around(axis: axis)
    require(
      range.lowerBound >= 0 && range.upperBound <= extent,
      "the range \(range) is outside axis \(axis) of shape \(shape)")
    var result = Tensor(uninitialized: shape.replacing(axis: axis, with: range.count))
    Blocks.copy(
      count: outer, length: range.count * inner,
      from: span, at: range.lowerBound * inner, stride: extent * inner,
      into: result.mutableSpan, at: 0, stride: range.count * inner)
    return result
  }

  /// Returns a copy of the tensor at `index` of `axis`. The result does not have that axis.
  ///
  /// - Complexity: O(count of the result)
  public func select(_ index: Int, axis: Int = 0) -> Tensor {
    require(
      shape.indices.contains(axis) && index >= 0 && index < shape[axis],
      "index \(index) is outside axis \(axis) of shape \(shape)")
    return slice(index..<(index + 1), axis: axis).reshaped(to: shape.removing(axis: axis))
  }

  /// A range of the outermost axis, read as a copy or replaced in place.
  public subscript(range: Range<Int>) -> Tensor {
    get { slice(range) }
    set { replaceSlice(range, with: newValue) }
  }

  /// Replaces the given range of `axis`.
  ///
  /// - Precondition: `values` has the shape of that range.
  /// - Complexity: O(count of `values`)
  public mutating func replaceSlice(_ range: Range<Int>, axis: Int = 0, with values: Tensor) {
    let (outer, extent, inner) = shape.around(axis: axis)
    require(
      range.lowerBound >= 0 && range.upperBound <= extent,
      "the range \(range) is outside axis \(axis) of shape \(shape)")
    let expected = shape.replacing(axis: axis, with: range.count)
    require(
      values.shape == expected,
      "a slice has shape \(expected), but the new values have shape \(values.shape)")
    Blocks.copy(
      count: outer, length: range.count * inner,
      from: values.span, at: 0, stride: range.count * inner,
      into: mutableSpan, at: range.lowerBound * inner, stride: extent * inner)
  }

  /// Returns the given indices of the outermost axis, in that order. Indices may repeat.
  ///
  /// - Complexity: O(count of the result)
  public func selectRows(_ indices: [Int]) -> Tensor {
    let (_, extent, inner) = shape.around(axis: 0)
    var result = Tensor(uninitialized: shape.replacing(axis: 0, with: indices.count))
    for (row, index) in indices.enumerated() {
      require(index >= 0 && index < extent, "index \(index) is outside axis 0 of shape \(shape)")
      Blocks.copy(
        count: 1, length: inner, from: span, at: index * inner, stride: inner,
        into: result.mutableSpan, at: row * inner, stride: inner)
    }
    return result
  }
}

// MARK: - Joining

extension Tensor {
  /// Concatenates tensors along `axis`.
  ///
  /// - Precondition: There is at least one tensor, and the other axes have equal extents.
  public static func concatenate(_ parts: [Tensor], axis: Int = 0) -> Tensor {
    require(!parts.isEmpty, "concatenate needs at least one tensor")
    let first = parts[0].shape
    let total = parts.reduce(0) { total, part in
      require(
        part.rank == first.rank && part.shape.removing(axis: axis) == first.removing(axis: axis),
        "shapes \(first) and \(part.shape) cannot be joined along axis \(axis)")
      return total + part.shape[axis]
    }
    var result = Tensor(uninitialized: first.replacing(axis: axis, with: total))
    var start = 0
    for part in parts {
      result.replaceSlice(start..<(start + part.shape[axis]), axis: axis, with: part)
      start += part.shape[axis]
    }
    return result
  }

  /// Stacks tensors of equal shape along a new outermost axis.
  public static func stack(_ parts: [Tensor]) -> Tensor {
    concatenate(parts.map { $0.reshaped(to: Shape([1] + Array($0.shape))) })
  }
}

// MARK: - Permuting and broadcasting

extension Tensor {
  /// Returns the tensor with its axes reordered: axis `i` of the result is axis `axes[i]` of this
  /// tensor.
  ///
  /// - Precondition: `axes` is a permutation of the axes.
  /// - Complexity: O(count)
  public func permuted(_ axes: [Int]) -> Tensor {
    require(
      axes.sorted() == Array(shape.indices), "\(axes) is not a permutation of the axes of \(shape)")
    let strides = shape.strides
    return strided(shape: Shape(axes.map { shape[$0] }), strides: axes.map { strides[$0] })
  }

  /// Returns this tensor repeated along axes of extent 1 and along new outer axes, to have shape
  /// `target`.
  ///
  /// - Precondition: The shape broadcasts to `target`.
  /// - Complexity: O(count of the result)
  public func broadcast(to target: Shape) -> Tensor {
    if shape == target { return self }
    require(
      shape.broadcast(with: target) == target, "shape \(shape) does not broadcast to \(target)")
    let offset = target.rank - rank
    let own = shape.strides
    return strided(
      shape: target,
      strides: target.indices.map { axis in
        axis < offset || shape[axis - offset] == 1 ? 0 : own[axis - offset]
      })
  }

  private func strided(shape: Shape, strides: [Int]) -> Tensor {
    var result = Tensor(uninitialized: shape)
    Blocks.copy(span, extents: Array(shape), strides: strides, into: result.mutableSpan)
    return result
  }
}
