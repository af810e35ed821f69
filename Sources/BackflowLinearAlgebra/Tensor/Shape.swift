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
  public let rank: Int
  /// The number of elements: the product of the extents.
  public let elementCount: Int

  /// Creates a shape from its extents, outermost first.
  @inlinable
  public init(_ extents: Int...) { self.init(extents) }

  /// Creates a shape from its extents, outermost first.
  @specialized(where Extents == [Int])
  public init<Extents: Collection<Int>>(_ extents: Extents) {
    require(
      extents.count <= Shape.maximumRank,
      "a shape has at most \(Shape.maximumRank) axes; \(Array(extents)) has \(extents.count)")
    var (count, isEmpty, overflow) = (1, false, false)
    for (axis, extent) in extents.enumerated() {
      require(extent >= 0, "an extent must not be negative: \(Array(extents))")
      require(
        extent <= Shape.maximumExtent, "an extent must be below 2³²: \(Array(extents))")
      self.extents[axis] = UInt32(extent)
      isEmpty = isEmpty || extent == 0
      let product = count.multipliedReportingOverflow(by: Swift.max(extent, 1))
      (count, overflow) = (product.partialValue, overflow || product.overflow)
    }
    require(!overflow, "a tensor of shape \(Array(extents)) has more elements than can be counted")
    rank = extents.count
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
    var extents = Array(self)
    extents.remove(at: axis)
    return Shape(extents)
  }

  /// Returns this shape with the extent of `axis` replaced.
  public func replacing(axis: Int, with extent: Int) -> Shape {
    checkAxis(axis)
    var extents = Array(self)
    extents[axis] = extent
    return Shape(extents)
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
    let outer = self[..<axis].reduce(1, *)
    let inner = self[(axis + 1)...].reduce(1, *)
    return (outer, self[axis], inner)
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
