internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The row-major positions of the elements of an array in Fortran order, in which the first axis
/// varies fastest.
struct FortranPlaces {
  private let extents: [Int]
  private let strides: [Int]
  private var indices: [Int]
  private var place = 0

  /// Creates the positions for the given extents, whose product does not overflow.
  init(_ extents: [Int]) {
    self.extents = extents
    strides = Shape(extents).strides
    indices = [Int](repeating: 0, count: extents.count)
  }

  /// Stores the next values at their positions.
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
