public import BackflowKernels

/// A dense array of rank 0 to 8: contiguous, row-major, 64-byte aligned, with copy-on-write
/// storage.
///
/// A copy shares its elements with the original until one of them is changed, so that passing a
/// tensor is free. Reshaping also shares the elements; slicing copies them.
public struct Tensor<Scalar: RealScalar>: Sendable {
  /// The extents of the axes, outermost first.
  public let shape: Shape
  @usableFromInline package var storage: Buffer<Scalar>

  /// Creates a tensor from a row-major buffer of `shape.elementCount` elements.
  @inlinable
  package init(shape: Shape, storage: Buffer<Scalar>) {
    if shape.elementCount != storage.count { refuse(storage.count, for: shape) }
    self.shape = shape
    self.storage = storage
  }

  /// Creates a tensor of undefined elements, all of which the caller must write before reading any.
  @usableFromInline
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package init(uninitialized shape: Shape) {
    self.init(
      shape: shape,
      storage: Buffer(uninitialized: shape.elementCount, for: "a tensor of shape \(shape)"))
  }

  /// The elements in row-major order, for reading. The span cannot outlive the tensor.
  public var span: Span<Scalar> {
    @_lifetime(borrow self)
    get { storage.span }
  }

  /// The elements in row-major order, for writing. If a copy of the tensor shares them, they are
  /// copied first.
  @inlinable
  public var mutableSpan: MutableSpan<Scalar> {
    @_lifetime(&self)
    mutating get { storage.mutableSpan }
  }
}

/// Stops the program because a tensor of this shape cannot have `count` elements.
@usableFromInline @inline(never)
func refuse(_ count: Int, for shape: Shape) -> Never {
  stop("shape \(shape) needs \(shape.elementCount) elements, got \(count)")
}

// MARK: - Creating tensors

extension Tensor {
  /// Creates a tensor in which every element is `value`.
  public init(repeating value: Scalar, shape: Shape) {
    self.init(uninitialized: shape)
    VectorKernels.fill(value, into: mutableSpan)
  }

  /// Creates a tensor from its elements in row-major order.
  ///
  /// - Precondition: The number of elements is that of `shape`.
  public init(_ elements: [Scalar], shape: Shape) {
    self.init(shape: shape, storage: Buffer(copying: elements.span))
  }

  /// Creates a vector, [elements].
  public init(_ elements: [Scalar]) { self.init(elements, shape: [elements.count]) }

  /// Creates a matrix, [rows, columns], from its rows.
  ///
  /// - Precondition: The rows have equal lengths.
  public init(rows: [[Scalar]]) {
    let columns = rows.first?.count ?? 0
    require(
      rows.allSatisfy { $0.count == columns },
      "the rows of a matrix must have equal lengths, got \(rows.map(\.count))")
    self.init(rows.flatMap { $0 }, shape: [rows.count, columns])
  }

  /// Creates a tensor of rank 0.
  public init(scalar: Scalar) { self.init(repeating: scalar, shape: []) }

  /// Returns a tensor of zeros.
  public static func zeros(_ shape: Shape) -> Tensor { Tensor(repeating: 0, shape: shape) }

  /// Returns a tensor of ones.
  public static func ones(_ shape: Shape) -> Tensor { Tensor(repeating: 1, shape: shape) }

  /// Returns the identity matrix, [size, size].
  public static func identity(_ size: Int) -> Tensor { diagonal(.ones([size])) }

  /// Returns the square matrix with `vector`, [n], on its diagonal and zeros elsewhere.
  public static func diagonal(_ vector: Tensor) -> Tensor {
    require(vector.rank == 1, "a diagonal must be a vector, got shape \(vector.shape)")
    let size = vector.count
    var result = Tensor.zeros([size, size])
    var elements = result.mutableSpan
    for index in 0..<size { elements[index * (size + 1)] = vector.span[index] }
    return result
  }

  /// Creates a tensor from one of another precision, rounding to nearest.
  public init<Other: RealScalar>(_ other: Tensor<Other>) {
    self.init(uninitialized: other.shape)
    VectorKernels.convert(other.span, into: mutableSpan)
  }
}

// MARK: - Elements

extension Tensor {
  /// The number of axes.
  @inlinable public var rank: Int { shape.rank }

  /// The number of elements.
  @inlinable public var count: Int { storage.count }

  /// A Boolean value that indicates whether the tensor has no elements.
  @inlinable public var isEmpty: Bool { count == 0 }

  /// The elements in row-major order.
  ///
  /// - Complexity: O(count)
  public var elements: [Scalar] { storage.elements }

  /// The element of a tensor that has exactly one.
  ///
  /// - Precondition: `count` is 1.
  public var scalar: Scalar {
    require(count == 1, "a tensor of shape \(shape) is not a scalar")
    return span[0]
  }

  /// The element at the given indices, one for each axis.
  ///
  /// - Precondition: There is one index for each axis, within its extent.
  @inlinable
  public subscript(indices: Int...) -> Scalar {
    get { span[shape.offset(of: indices)] }
    set {
      let offset = shape.offset(of: indices)
      var elements = mutableSpan
      elements[offset] = newValue
    }
  }
}

extension Tensor: Equatable {
  /// Returns whether the shapes and all elements are equal. NaN is not equal to itself.
  ///
  /// - Complexity: O(count)
  public static func == (left: Tensor, right: Tensor) -> Bool {
    left.shape == right.shape && VectorKernels.allEqual(left.span, right.span)
  }
}

extension Tensor: CustomStringConvertible {
  /// The shape and the first elements.
  public var description: String {
    let shown = elements.prefix(12).map { "\($0)" }.joined(separator: ", ")
    return "Tensor\(shape) [\(shown)\(count > 12 ? ", …" : "")]"
  }
}
