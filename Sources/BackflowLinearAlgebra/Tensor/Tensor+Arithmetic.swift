internal import BackflowKernels

// Two tensors of different shapes are broadcast against each other by NumPy's rule. Shapes that do
// not fit stop the program with a message that names both.

extension Tensor {
  /// The sum, element by element.
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "+") { VectorKernels.add($0, $1, into: $2) }
  }

  /// The difference, element by element.
  public static func - (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "-") { VectorKernels.subtract($0, $1, into: $2) }
  }

  /// The product, element by element (for the matrix product see `matmul`).
  public static func * (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "*") { VectorKernels.multiply($0, $1, into: $2) }
  }

  /// The quotient, element by element.
  public static func / (left: Tensor, right: Tensor) -> Tensor {
    combine(left, right, "/") { VectorKernels.divide($0, $1, into: $2) }
  }

  /// The larger of the two, element by element; NaN where either is.
  public static func maximum(_ left: Tensor, _ right: Tensor) -> Tensor {
    combine(left, right, "maximum") { VectorKernels.maximum($0, $1, into: $2) }
  }

  /// The smaller of the two, element by element; NaN where either is.
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
      stop("\(name): shapes \(left.shape) and \(right.shape) do not fit together")
    }
    var result = Tensor(uninitialized: shape)
    kernel(left.broadcast(to: shape).span, right.broadcast(to: shape).span, result.mutableSpan)
    return result
  }
}

// MARK: - With a scalar

extension Tensor {
  /// Every element plus `scalar`.
  public static func + (tensor: Tensor, scalar: Scalar) -> Tensor {
    tensor.map { VectorKernels.add(scalar, $0, into: $1) }
  }

  /// Every element plus `scalar`.
  public static func + (scalar: Scalar, tensor: Tensor) -> Tensor { tensor + scalar }

  /// Every element minus `scalar`.
  public static func - (tensor: Tensor, scalar: Scalar) -> Tensor { tensor + -scalar }

  /// `scalar` minus every element.
  public static func - (scalar: Scalar, tensor: Tensor) -> Tensor { -tensor + scalar }

  /// Every element times `scalar`.
  public static func * (tensor: Tensor, scalar: Scalar) -> Tensor {
    tensor.map { VectorKernels.scale(scalar, $0, into: $1) }
  }

  /// Every element times `scalar`.
  public static func * (scalar: Scalar, tensor: Tensor) -> Tensor { tensor * scalar }

  /// Every element divided by `scalar`.
  public static func / (tensor: Tensor, scalar: Scalar) -> Tensor {
    tensor / Tensor(scalar: scalar)
  }

  /// `scalar` divided by every element.
  public static func / (scalar: Scalar, tensor: Tensor) -> Tensor {
    Tensor(scalar: scalar) / tensor
  }

  /// Every element with its sign changed.
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
  /// Adds `other`, of the same shape or one that broadcasts to it.
  public static func += (left: inout Tensor, right: Tensor) { left.add(right) }

  /// Subtracts `other`, of the same shape or one that broadcasts to it.
  public static func -= (left: inout Tensor, right: Tensor) { left.add(right, scaledBy: -1) }

  /// Multiplies every element by `scalar`.
  public static func *= (left: inout Tensor, scalar: Scalar) {
    if scalar == 0 {
      left = left * scalar  // keeps 0 · ∞ a NaN
    } else {
      var elements = left.mutableSpan
      VectorKernels.scale(scalar, &elements)
    }
  }

  /// self ← self + α·other (BLAS axpy). `other` has the same shape or broadcasts to it; as BLAS has
  /// it, α = 0 adds nothing, not even a NaN.
  public mutating func add(_ other: Tensor, scaledBy scale: Scalar = 1) {
    require(
      other.shape.broadcast(with: shape) == shape,
      "a tensor of shape \(other.shape) cannot be added to one of shape \(shape)")
    let other = other.broadcast(to: shape)
    BLAS.axpy(scale, other.span, into: mutableSpan)
  }

  /// Adds `row`, [columns], to every row, the last axis being the row.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func addToRows(_ row: Tensor) {
    require(
      rank >= 1 && row.shape == [shape[rank - 1]],
      "a row of shape \(row.shape) cannot be added to the rows of shape \(shape)")
    VectorKernels.addRow(row.span, into: mutableSpan)
  }
}
