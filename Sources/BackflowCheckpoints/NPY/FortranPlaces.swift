internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Where the elements of an array in Fortran order, the first axis running fastest, stand in a
/// tensor, from the first to the last.
struct FortranPlaces {
  private let extents: [Int]
  private let strides: [Int]
  private var indices: [Int]
  private var place = 0

  /// The places in a tensor of the shape with these extents, which can be counted.
  init(_ extents: [Int]) {
    self.extents = extents
    strides = Shape(extents).strides
    indices = [Int](repeating: 0, count: extents.count)
  }

  /// Puts the next values into their places.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func scatter<Scalar: RealScalar>(
    _ values: Span<Scalar>, into elements: consuming MutableSpan<Scalar>
  ) {
    for index in values.indices {
      elements[place] = values[index]
      for axis in extents.indices {
        indices[axis] += 1
        place += strides[axis]
        if indices[axis] < extents[axis] { break }
        indices[axis] = 0
        place -= extents[axis] * strides[axis]
      }
    }
  }
}
