internal import BackflowKernels

// Two tensors of different shapes are broadcast by NumPy's rules. Shapes that do not match are a
// failed precondition, and the message gives both.

extension Tensor {
  /// Returns the elementwise sum.
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "+") { VectorKernels.add($0, $1, into: $2) }
  }

  /// Returns the elementwise difference.
  public static func - (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "-") { VectorKernels.subtract($0, $1, into: $2) }
  }

  /// Returns the elementwise product. For the matrix product, see `matmul`.
  public static func * (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "*") { VectorKernels.multiply($0, $1, into: $2) }
  }

  /// Returns the elementwise quotient.
  public static func / (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "/") { VectorKernels.divide($0, $1, into: $2) }
  }

  /// Returns the elementwise maximum; NaN if either element is NaN.
  public static func maximum(_ left: Tensor, _ right: Tensor) -> Tensor {
    combine(left, right, "maximum") { VectorKernels.maximum($0, $1, into: $2) }
  }

  /// Returns the elementwise minimum; NaN if either element is NaN.
  public static func minimum(_ left: Tensor, _ right: Tensor) -> Tensor {
    combine(left, right, "minimum") { VectorKernels.minimum($0, $1, into: $2) }
  }

  private static func combine(
    _ left: Tensor, _ right: Tensor, _ name: String,
    _ kernel: (Span<Scalar>, Span<Scalar>, consuming MutableSpan<Scalar>) -> Void
  ) -> Tensor {
    if left.shape == right.shape {
      var result = Tensor(uninitialized: left.shape)
      kernel(left.span, right.span, result.mutableSpan)
      return result
    }
    guard let shape = left.shape.broadcast(with: right.shape) else {
      stop("\(name): shapes \(left.shape) and \(right.shape) do not match")
    }
    var result = Tensor(uninitialized: shape)
    kernel(left.broadcast(to: shape).span, right.broadcast(to: shape).span, result.mutableSpan)
    return result
  }
}

// MARK: - With a scalar

extension Tensor {
  /// Adds `scalar` to every element.
  public static func + (tensor: Tensor, scalar: Scalar) -> Tensor {
    tensor.map { VectorKernels.add(scalar, $0, into: $1) }
  }

  /// Adds `scalar` to every element.
  public static func + (scalar: Scalar, tensor: Tensor) -> Tensor { tensor + scalar }

  /// Subtracts `scalar` from every element.
  public static func - (tensor: Tensor, scalar: Scalar) -> Tensor { tensor + -scalar }

  /// Subtracts every element from `scalar`.
  public static func - (scalar: Scalar, tensor: Tensor) -> Tensor { -tensor + scalar }

  /// Multiplies every element by `scalar`.
  public static func * (tensor: Tensor, scalar: Scalar) -> Tensor {
    tensor.map { VectorKernels.scale(scalar, $0, into: $1) }
  }

  /// Multiplies every element by `scalar`.
  public static func * (scalar: Scalar, tensor: Tensor) -> Tensor { tensor * scalar }

  /// Divides every element by `scalar`.
  public static func / (tensor: Tensor, scalar: Scalar) -> Tensor {
    tensor / Tensor(scalar: scalar)
  }

  /// Divides `scalar` by every element.
  public static func / (scalar: Scalar, tensor: Tensor) -> Tensor {
    Tensor(scalar: scalar) / tensor
  }

  /// Negates every element.
  public static prefix func - (tensor: Tensor) -> Tensor {
    tensor.map { VectorKernels.negate($0, into: $1) }
  }

  func map(
    _ kernel: (Span<Scalar>, consuming MutableSpan<Scalar>) -> Void
  ) -> Tensor {
    var result = Tensor(uninitialized: shape)
    kernel(span, result.mutableSpan)
    return result
  }
}

// MARK: - In place

extension Tensor {
  /// Adds `other`, which has the same shape or one that broadcasts to it.
  public static func += (left: inout Tensor, right: Tensor) { left.add(right) }

  /// Subtracts `other`, which has the same shape or one that broadcasts to it.
  public static func -= (left: inout Tensor, right: Tensor) { left.add(right, scaledBy: -1) }

  /// Multiplies every element by `scalar`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public static func *= (left: inout Tensor, scalar: Scalar) {
    if scalar == 0 || !left.storage.isUnique() {
      left = left * scalar  // keeps 0 · ∞ a NaN, and needs no copy
    } else {
      var elements = left.mutableSpan
      VectorKernels.scale(scalar, &elements)
    }
  }

  /// Adds a multiple of `other`: self ← self + α·other (BLAS axpy). `other` has the same shape or
  /// one that broadcasts to it. As in BLAS, α = 0 adds nothing, not even a NaN.
  public mutating func add(_ other: Tensor, scaledBy scale: Scalar = 1) {
    require(
      other.shape.broadcast(with: shape) == shape,
      "a tensor of shape \(other.shape) cannot be added to one of shape \(shape)")
    let other = other.broadcast(to: shape)
    BLAS.axpy(scale, other.span, into: mutableSpan)
  }

  /// Adds `row`, [columns], to every row along the last axis.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func addToRows(_ row: Tensor) {
    require(
      rank >= 1 && row.shape == [shape[rank - 1]],
      "a row of shape \(row.shape) cannot be added to the rows of shape \(shape)")
    VectorKernels.addRow(row.span, into: mutableSpan)
  }
}
