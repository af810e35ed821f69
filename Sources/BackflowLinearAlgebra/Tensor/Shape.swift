internal import BackflowKernels

/// The extents of a tensor's axes, outermost first: `[time, batch, features]`.
///
/// The extents are stored inline, without allocation, for up to `Shape.maximumRank` axes. The empty
/// shape is that of a scalar, which has one element.
public struct Shape: Hashable, Sendable {
  /// The largest number of axes.
  public static let maximumRank = 8
  /// The largest extent of an axis.
  public static let maximumExtent = Int(UInt32.max)

  private var extents = PackedExtents()
  /// The number of axes.
  public private(set) var rank: Int
  /// The number of elements: the product of the extents.
  public private(set) var elementCount = 1

  /// Creates a shape from its extents, outermost first.
  @inlinable
  public init(_ extents: Int...) { self.init(extents) }

  /// Creates a shape from its extents, outermost first.
  @specialized(where Extents == [Int])
  public init<Extents: Collection<Int>>(_ extents: Extents) {
    require(
      extents.count <= Shape.maximumRank,
      "a shape has at most \(Shape.maximumRank) axes; \(Array(extents)) has \(extents.count)")
    rank = extents.count
    for (axis, extent) in extents.enumerated() { set(axis, extent, of: "\(Array(extents))") }
    countElements()
  }

  /// Creates the shape of a matrix. Unlike the other initializers, this one makes no array.
  package init(rows: Int, columns: Int) {
    rank = 2
    set(0, rows, of: "[\(rows), \(columns)]")
    set(1, columns, of: "[\(rows), \(columns)]")
    countElements()
  }

  private mutating func set(
    _ axis: Int, _ extent: Int, of shape: @autoclosure () -> String
  ) {
    require(extent >= 0, "an extent must not be negative: \(shape())")
    require(extent <= Shape.maximumExtent, "an extent must be below 2³²: \(shape())")
    extents[axis] = UInt32(extent)
  }

  private mutating func countElements() {
    var (count, isEmpty, overflow) = (1, false, false)
    for axis in 0..<rank {
      let extent = Int(extents[axis])
      isEmpty = isEmpty || extent == 0
      let product = count.multipliedReportingOverflow(by: Swift.max(extent, 1))
      (count, overflow) = (product.partialValue, overflow || product.overflow)
    }
    require(!overflow, "a tensor of shape \(self) has more elements than can be counted")
    elementCount = isEmpty ? 0 : count
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
    var result = self
    for later in axis + 1..<rank { result.extents[later - 1] = extents[later] }
    result.rank -= 1
    // Equal shapes have equal bits.
    result.extents[rank - 1] = 0
    result.countElements()
    return result
  }

  /// Returns this shape with the extent of `axis` replaced.
  public func replacing(axis: Int, with extent: Int) -> Shape {
    checkAxis(axis)
    var result = self
    result.set(axis, extent, of: "\(self) with \(extent) at axis \(axis)")
    result.countElements()
    return result
  }

  /// The product of all extents but the last, the number of rows of the tensor as a matrix.
  package var rowCount: Int { product(0..<Swift.max(0, rank - 1)) }

  /// Returns the product of the extents of these axes.
  func product(_ axes: Range<Int>) -> Int {
    var product = 1
    for axis in axes { product *= self[axis] }
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

extension Shape: RandomAccessCollection {
  /// The first axis.
  public var startIndex: Int { 0 }
  /// One past the last axis.
  public var endIndex: Int { rank }
  /// The extent of `axis`.
  public subscript(axis: Int) -> Int {
    require(axis >= 0 && axis < rank, "axis \(axis) does not exist in a shape of rank \(rank)")
    return Int(extents[axis])
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
private struct PackedExtents: Hashable, Sendable {
  private var words01: UInt64 = 0
  private var words23: UInt64 = 0
  private var words45: UInt64 = 0
  private var words67: UInt64 = 0

  subscript(axis: Int) -> UInt32 {
    get { UInt32(truncatingIfNeeded: self[word: axis / 2] >> UInt64(32 * (axis % 2))) }
    set {
      let shift = UInt64(32 * (axis % 2))
      let kept = self[word: axis / 2] & ~(0xFFFF_FFFF << shift)
      self[word: axis / 2] = kept | UInt64(newValue) << shift
    }
  }

  private subscript(word index: Int) -> UInt64 {
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
