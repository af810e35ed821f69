internal import BackflowKernels

/// The extents of a tensor's axes, outermost first: `[time, batch, features]`.
///
/// The extents are stored inline, without allocation, for up to `Shape.maximumRank` axes. The empty
/// shape is that of a scalar, which has one element.
///
/// Members that a small network uses in every call are inlinable, because calls of them from other
/// modules took longer than their work.
public struct Shape: Hashable, Sendable {
  /// The largest number of axes.
  public static let maximumRank = 8
  /// The largest extent of an axis.
  public static let maximumExtent = Int(UInt32.max)

  @usableFromInline let extents: PackedExtents
  /// The number of axes.
  public let rank: Int
  /// The number of elements: the product of the extents.
  public let elementCount: Int

  /// Creates a shape from its extents, outermost first.
  @inlinable
  public init(_ extents: Int...) { self.init(extents) }

  /// Creates a shape from its extents, outermost first.
  @inlinable @inline(__always)
  public init<Extents: Collection<Int>>(_ extents: Extents) {
    // Inlined, and with a copy where it stops the program, so that the array of a literal does not
    // leave the function and is not allocated.
    if extents.count > Shape.maximumRank { Shape.refuse(extents.map { $0 }) }
    var (packed, rank) = (PackedExtents(), 0)
    for extent in extents {
      guard let extent = UInt32(exactly: extent) else {
        Shape.refuse(extents.map { $0 })
      }
      packed[rank] = extent
      rank += 1
    }
    self.init(packed, rank: rank)
  }

  /// Creates the shape of a matrix. Unlike the other initializers, this one makes no array.
  @inlinable
  package init(rows: Int, columns: Int) {
    guard let first = UInt32(exactly: rows), let second = UInt32(exactly: columns) else {
      Shape.refuse([rows, columns])
    }
    var packed = PackedExtents()
    (packed[0], packed[1]) = (first, second)
    self.init(packed, rank: 2)
  }

  /// Creates a shape from extents that are 0 after the last axis: equal shapes have equal bits.
  @usableFromInline
  init(_ extents: PackedExtents, rank: Int) {
    var (count, isEmpty, overflow) = (1, false, false)
    for axis in 0..<rank {
      let extent = Int(extents[axis])
      isEmpty = isEmpty || extent == 0
      let product = count.multipliedReportingOverflow(by: Swift.max(extent, 1))
      (count, overflow) = (product.partialValue, overflow || product.overflow)
    }
    require(
      !overflow,
      "a tensor of shape \((0..<rank).map { extents[$0] }) has more elements than can be counted")
    (self.extents, self.rank, elementCount) = (extents, rank, isEmpty ? 0 : count)
  }

  /// Stops the program with the reason why these extents are no shape. The text is not part of the
  /// functions that are inlined.
  @usableFromInline @inline(never)
  static func refuse(_ extents: [Int]) -> Never {
    if extents.count > maximumRank {
      stop("a shape has at most \(maximumRank) axes; \(extents) has \(extents.count)")
    }
    stop(
      extents.contains { $0 < 0 }
        ? "an extent must not be negative: \(extents)" : "an extent must be below 2³²: \(extents)")
  }

  /// The distance in elements between neighbors along each axis.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in indices.dropFirst().reversed() { strides[axis - 1] = strides[axis] * self[axis] }
    return strides
  }

  /// Returns this shape without `axis`.
  public func removing(axis: Int) -> Shape {
    checkAxis(axis)
    var rest = extents
    for later in axis + 1..<rank { rest[later - 1] = extents[later] }
    rest[rank - 1] = 0
    return Shape(rest, rank: rank - 1)
  }

  /// Returns this shape with the extent of `axis` replaced.
  public func replacing(axis: Int, with extent: Int) -> Shape {
    checkAxis(axis)
    guard let extent = UInt32(exactly: extent) else {
      Shape.refuse(indices.map { $0 == axis ? extent : self[$0] })
    }
    var replaced = extents
    replaced[axis] = extent
    return Shape(replaced, rank: rank)
  }

  /// The product of all extents but the last, the number of rows of the tensor as a matrix.
  @inlinable package var rowCount: Int { product(0..<Swift.max(0, rank - 1)) }

  /// Returns the product of the extents of these axes.
  @inlinable
  func product(_ axes: Range<Int>) -> Int {
    if axes.upperBound > rank { refuse(axes.upperBound - 1) }
    var product = 1
    for axis in axes { product *= Int(extents[axis]) }
    return product
  }

  /// Returns the common shape of two shapes under NumPy's broadcasting rules: aligned at the last
  /// axis, an extent of 1 is stretched to the other extent. Returns `nil` if the shapes do not
  /// match.
  public func broadcast(with other: Shape) -> Shape? {
    var result: [Int] = []
    for offset in stride(from: 1, through: Swift.max(rank, other.rank), by: 1) {
      let left = offset <= rank ? self[rank - offset] : 1
      let right = offset <= other.rank ? other[other.rank - offset] : 1
      guard left == right || left == 1 || right == 1 else { return nil }
      result.append(left == 1 ? right : left)
    }
    return Shape(result.reversed())
  }

  func checkAxis(_ axis: Int, file: StaticString = #fileID, line: UInt = #line) {
    require(indices.contains(axis), "\(self) has no axis \(axis)", file: file, line: line)
  }

  /// Returns the extents before, at, and after `axis`: the shape of the tensor as [outer, axis,
  /// inner].
  func around(axis: Int) -> (outer: Int, extent: Int, inner: Int) {
    checkAxis(axis)
    return (product(0..<axis), self[axis], product(axis + 1..<rank))
  }
}

// MARK: - Elements of a tensor of this shape

extension Shape {
  /// Returns the position of an element in row-major order, from one index for each axis.
  @inlinable @inline(__always)
  func offset(of indices: [Int]) -> Int {
    // As in `init`, the array of the indices is not allocated.
    if indices.count != rank { refuse(indices.map { $0 }) }
    var offset = 0
    for axis in 0..<rank {
      let (index, extent) = (indices[axis], self[axis])
      if index < 0 || index >= extent { refuse(indices.map { $0 }) }
      offset = offset * extent + index
    }
    return offset
  }

  @usableFromInline @inline(never)
  func refuse(_ indices: [Int]) -> Never {
    require(indices.count == rank, namesNoElement(indices))
    stop("index \(indices) is outside shape \(self)")
  }

  private func namesNoElement(_ indices: [Int]) -> String {
    let axes = rank == 1 ? "1 axis" : "\(rank) axes"
    let reason = "\(indices) does not name an element of shape \(self), which has \(axes)"
    if indices.isEmpty || indices.count > rank { return reason }
    let part = indices.map { "select(\($0))" }.joined(separator: ".")
    return reason + "; \(part) is the part of shape \(Shape(dropFirst(indices.count)))"
  }
}

extension Shape: RandomAccessCollection {
  /// The first axis.
  @inlinable public var startIndex: Int { 0 }
  /// One past the last axis.
  @inlinable public var endIndex: Int { rank }
  /// The extent of `axis`.
  @inlinable
  public subscript(axis: Int) -> Int {
    @inline(__always)
    get {
      if axis < 0 || axis >= rank { refuse(axis) }
      return Int(extents[axis])
    }
  }

  @usableFromInline @inline(never)
  func refuse(_ axis: Int) -> Never {
    stop("axis \(axis) does not exist in a shape of rank \(rank)")
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// Creates a shape from its extents, outermost first.
  @inlinable
  public init(arrayLiteral extents: Int...) { self.init(extents) }
}

extension Shape: CustomStringConvertible {
  /// The extents in brackets, such as `[32, 10]`.
  public var description: String { "[" + map(String.init).joined(separator: ", ") + "]" }
}

/// Eight 32-bit extents in four words.
///
/// They are packed to keep tensors small: Swift 6.3 miscompiles mutable spans of local variables of
/// large types (swiftlang/swift #91283).
@usableFromInline
struct PackedExtents: Hashable, Sendable {
  @usableFromInline var words01: UInt64 = 0
  @usableFromInline var words23: UInt64 = 0
  @usableFromInline var words45: UInt64 = 0
  @usableFromInline var words67: UInt64 = 0

  @inlinable init() {}

  @inlinable
  subscript(axis: Int) -> UInt32 {
    get { UInt32(truncatingIfNeeded: self[word: axis >> 1] &>> UInt64(32 * (axis & 1))) }
    set {
      let shift = UInt64(32 * (axis & 1))
      let kept = self[word: axis >> 1] & ~(0xFFFF_FFFF &<< shift)
      self[word: axis >> 1] = kept | UInt64(newValue) &<< shift
    }
  }

  @inlinable
  subscript(word index: Int) -> UInt64 {
    get {
      switch index {
      case 0: words01
      case 1: words23
      case 2: words45
      default: words67
      }
    }
    set {
      switch index {
      case 0: words01 = newValue
      case 1: words23 = newValue
      case 2: words45 = newValue
      default: words67 = newValue
      }
    }
  }
}
