public import BackflowKernels

/// A dense array of any rank up to 8: contiguous, row-major, 64-byte aligned, copied on write.
///
/// A copy shares the elements until one of the two is changed, so passing a tensor costs nothing.
/// Reshaping shares them too; slicing copies.
public struct Tensor<Scalar: RealScalar>: Sendable {
  /// The extents of the axes, outermost first.
  public let shape: Shape
  package var storage: Buffer<Scalar>

  /// Takes a buffer of `shape.elementCount` elements, row-major.
  package init(shape: Shape, storage: Buffer<Scalar>) {
    require(
      shape.elementCount == storage.count,
      "shape \(shape) needs \(shape.elementCount) elements, \(storage.count) were given")
    self.shape = shape
    self.storage = storage
  }

  /// Elements of undefined value, every one of which the caller overwrites before reading any.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package init(uninitialized shape: Shape) {
    self.init(
      shape: shape,
      storage: Buffer(uninitialized: shape.elementCount, for: "a tensor of shape \(shape)"))
  }

  package var span: Span<Scalar> {
    @_lifetime(borrow self)
    get { storage.span }
  }

  package var mutableSpan: MutableSpan<Scalar> {
    @_lifetime(&self)
    mutating get { storage.mutableSpan }
  }
}

// MARK: - Making tensors

extension Tensor {
  /// A tensor of `shape` with every element equal to `value`.
  public init(repeating value: Scalar, shape: Shape) {
    self.init(uninitialized: shape)
    VectorKernels.fill(value, into: mutableSpan)
  }

  /// A tensor of `shape` from its elements in row-major order. Stops if their number differs.
  public init(_ elements: [Scalar], shape: Shape) {
    self.init(shape: shape, storage: Buffer(copying: elements.span))
  }

  /// A vector, [elements].
  public init(_ elements: [Scalar]) { self.init(elements, shape: [elements.count]) }

  /// A matrix, [rows, columns], from its rows. Stops if they differ in length.
  public init(rows: [[Scalar]]) {
    let columns = rows.first?.count ?? 0
    require(
      rows.allSatisfy { $0.count == columns },
      "the rows of a matrix must have one length, not \(rows.map(\.count))")
    self.init(rows.flatMap { $0 }, shape: [rows.count, columns])
  }

  /// A tensor of rank 0.
  public init(scalar: Scalar) { self.init(repeating: scalar, shape: []) }

  /// All elements 0.
  public static func zeros(_ shape: Shape) -> Tensor { Tensor(repeating: 0, shape: shape) }

  /// All elements 1.
  public static func ones(_ shape: Shape) -> Tensor { Tensor(repeating: 1, shape: shape) }

  /// The identity matrix, [size, size].
  public static func identity(_ size: Int) -> Tensor { diagonal(.ones([size])) }

  /// The square matrix with `vector`, [n], on its diagonal and 0 elsewhere.
  public static func diagonal(_ vector: Tensor) -> Tensor {
    require(vector.rank == 1, "a diagonal is a vector, not a tensor of shape \(vector.shape)")
    let size = vector.count
    var result = Tensor.zeros([size, size])
    var elements = result.mutableSpan
    for index in 0..<size { elements[index * (size + 1)] = vector.span[index] }
    return result
  }

  /// The same values in another precision, rounded to nearest.
  public init<Other: RealScalar>(_ other: Tensor<Other>) {
    self.init(uninitialized: other.shape)
    VectorKernels.convert(other.span, into: mutableSpan)
  }
}

// MARK: - Elements

extension Tensor {
  /// The number of axes.
  public var rank: Int { shape.rank }

  /// The number of elements.
  public var count: Int { storage.count }

  /// Whether there are no elements.
  public var isEmpty: Bool { count == 0 }

  /// The elements in row-major order. O(count)
  public var elements: [Scalar] { storage.elements }

  /// The one element of a tensor that has one.
  public var scalar: Scalar {
    require(count == 1, "a tensor of shape \(shape) is no scalar")
    return span[0]
  }

  /// The element at these indices, one an axis. Stops outside the shape.
  public subscript(indices: Int...) -> Scalar {
    get { span[offset(of: indices)] }
    set {
      let offset = offset(of: indices)
      var elements = mutableSpan
      elements[offset] = newValue
    }
  }

  private func offset(of indices: [Int]) -> Int {
    require(indices.count == rank, namesNoElement(indices))
    var offset = 0
    for (axis, index) in indices.enumerated() {
      require(
        index >= 0 && index < shape[axis], "index \(indices) is outside shape \(shape)")
      offset = offset * shape[axis] + index
    }
    return offset
  }

  private func namesNoElement(_ indices: [Int]) -> String {
    let axes = rank == 1 ? "1 axis" : "\(rank) axes"
    let reason = "\(indices) does not name an element of shape \(shape), which has \(axes)"
    if indices.isEmpty || indices.count > rank { return reason }
    let part = indices.map { "select(\($0))" }.joined(separator: ".")
    return reason + "; \(part) is the part of shape \(Shape(shape.dropFirst(indices.count)))"
  }
}

extension Tensor: Equatable {
  /// Whether the shapes and all elements are equal; NaN is unequal to itself. O(count)
  public static func == (left: Tensor, right: Tensor) -> Bool {
    left.shape == right.shape && VectorKernels.allEqual(left.span, right.span)
  }
}

extension Tensor: CustomStringConvertible {
  /// The shape, and the elements as far as they fit a few lines.
  public var description: String {
    let shown = elements.prefix(12).map { "\($0)" }.joined(separator: ", ")
    return "Tensor\(shape) [\(shown)\(count > 12 ? ", …" : "")]"
  }
}
