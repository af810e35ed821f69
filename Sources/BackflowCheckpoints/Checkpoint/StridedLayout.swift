internal import BackflowLinearAlgebra

/// The positions of the elements of a tensor in its storage: offset + Σ index · stride.
///
/// The number of elements, and the position of the last one, are known not to overflow.
struct StridedLayout: Sendable, Equatable {
  let extents: [Int]
  let strides: [Int]
  let offset: Int
  /// The number of elements.
  let count: Int
  /// One past the largest position, and 0 if there are no elements.
  let end: Int

  /// The reason why a layout is impossible.
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// The largest number of axes: that of NumPy and PyTorch.
  static let maximumRank = 64

  /// How many times larger than the elements of its storage a tensor with repeated elements may be.
  /// It bounds the memory that a small file can demand.
  static let maximumRepetition = 16

  /// A layout with the given extents, in row-major order without `strides`.
  ///
  /// - Throws: `Problem` if a number is negative, a product overflows, or a stride of 0 or
  ///   overlapping rows repeat elements more than `maximumRepetition` times.
  init(
    _ extents: [Int], strides: [Int]? = nil, offset: Int = 0, itemSize: Int
  ) throws(Problem) {
    guard extents.count <= StridedLayout.maximumRank else {
      throw Problem(
        description: "expected at most \(StridedLayout.maximumRank) axes, found \(extents.count)")
    }
    guard extents.allSatisfy({ $0 >= 0 }) else {
      throw Problem(description: "expected extents that are not negative, found \(extents)")
    }
    let isEmpty = extents.contains(0)
    let tooLarge = Problem(description: "a tensor of shape \(extents) does not fit in memory")
    // Row-major strides are products of the extents, also if the tensor is empty.
    var rowMajor = [Int](repeating: 1, count: extents.count)
    var product = 1
    for axis in extents.indices.reversed() {
      rowMajor[axis] = product
      let next = product.multipliedReportingOverflow(by: max(extents[axis], 1))
      guard !next.overflow else { throw tooLarge }
      product = next.partialValue
    }
    guard !product.multipliedReportingOverflow(by: itemSize).overflow else { throw tooLarge }
    let strides = isEmpty ? rowMajor : strides ?? rowMajor
    guard strides.count == extents.count else {
      throw Problem(
        description: "expected a stride for each of \(extents.count) axes, found \(strides.count)")
    }
    guard !isEmpty else {
      (self.extents, self.strides, self.offset, count, end) = (extents, strides, 0, 0, 0)
      return
    }
    guard offset >= 0, strides.allSatisfy({ $0 >= 0 }) else {
      throw Problem(
        description: "expected an offset and strides that are not negative, found \(offset) and"
          + " \(strides)")
    }
    var last = offset
    for (extent, stride) in zip(extents, strides) {
      let distance = stride.multipliedReportingOverflow(by: extent - 1)
      let sum = last.addingReportingOverflow(distance.partialValue)
      guard !distance.overflow, !sum.overflow else { throw tooLarge }
      last = sum.partialValue
    }
    let (end, overflow) = last.addingReportingOverflow(1)
    guard !overflow, !end.multipliedReportingOverflow(by: itemSize).overflow else { throw tooLarge }
    guard product / StridedLayout.maximumRepetition <= end - offset else {
      throw Problem(
        description: "a tensor of shape \(extents) repeats the \(end - offset) elements of its"
          + " storage more than \(StridedLayout.maximumRepetition) times")
    }
    (self.extents, self.strides, self.offset) = (extents, strides, offset)
    (count, self.end) = (product, end)
  }

  /// The layout of a tensor in memory.
  init(rowMajor shape: Shape) {
    (extents, strides, offset) = (Array(shape), shape.strides, 0)
    (count, end) = (shape.elementCount, shape.elementCount)
  }

  private init(_ extents: [Int], _ strides: [Int], _ offset: Int, _ count: Int, _ end: Int) {
    (self.extents, self.strides, self.offset) = (extents, strides, offset)
    (self.count, self.end) = (count, end)
  }

  /// The layout of the two halves of each element, along an additional last axis. The products do
  /// not overflow, since those of the bytes do not.
  var splittingElements: StridedLayout {
    StridedLayout(extents + [2], strides.map { 2 * $0 } + [1], 2 * offset, 2 * count, 2 * end)
  }

  /// Whether the elements follow each other in row-major order.
  var isRowMajor: Bool { isDense(extents.indices.reversed()) }

  /// The axes from the fastest to the slowest varying one, if the elements follow each other in the
  /// order of these axes, and `nil` otherwise. In Fortran order, these are the axes in order.
  var denseOrder: [Int]? {
    let order = extents.indices.sorted {
      (strides[$0], extents[$0], $1) < (strides[$1], extents[$1], $0)
    }
    return isDense(order) ? order : nil
  }

  private func isDense(_ order: some Sequence<Int>) -> Bool {
    var expected = 1
    for axis in order where extents[axis] != 1 {
      guard strides[axis] == expected else { return false }
      expected *= extents[axis]
    }
    return true
  }
}

/// A walk over all indices of a tensor in a given order of its axes, which keeps the position
/// Σ index · stride up to date.
struct StridedWalk {
  private let axes: [(extent: Int, stride: Int)]
  private var indices: [Int]
  /// The position of the current element.
  private(set) var position: Int

  /// Starts a walk.
  ///
  /// - Parameters:
  ///   - axes: The extents and strides, from the fastest to the slowest varying axis.
  ///   - position: The position of the first element.
  init(_ axes: [(extent: Int, stride: Int)], from position: Int) {
    self.axes = axes
    self.position = position
    indices = [Int](repeating: 0, count: axes.count)
  }

  /// Goes to the next element, and after the last one to the first.
  mutating func advance() {
    for axis in axes.indices {
      indices[axis] += 1
      position += axes[axis].stride
      if indices[axis] < axes[axis].extent { return }
      indices[axis] = 0
      position -= axes[axis].extent * axes[axis].stride
    }
  }
}
