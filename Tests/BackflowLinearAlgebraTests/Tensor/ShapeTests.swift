import BackflowLinearAlgebra
import TestSupport
import Testing

@Suite struct `A shape` {
  @Test func `has its extents, outermost first`() {
    let shape: Shape = [4, 3, 2]
    #expect(shape.rank == 3 && shape.count == 3)
    #expect(Array(shape) == [4, 3, 2])
    #expect(shape[0] == 4 && shape[2] == 2)
    #expect(shape.elementCount == 24)
    #expect(shape.strides == [6, 2, 1])
    #expect(shape == Shape(4, 3, 2) && shape == Shape([4, 3, 2][...]))
    #expect("\(shape)" == "[4, 3, 2]")
  }

  @Test func `of a scalar is empty and has one element`() {
    let scalar: Shape = []
    #expect(scalar.rank == 0 && scalar.elementCount == 1 && scalar.strides.isEmpty)
    #expect("\(scalar)" == "[]")
  }

  @Test func `with an extent of 0 has no elements`() {
    #expect(Shape(3, 0, 2).elementCount == 0)
    #expect(Shape(0).elementCount == 0)
  }

  @Test func `is equal only to the same extents, including trailing ones`() {
    let different: [Shape] = [[], [1], [1, 1], [2], [2, 1], [1, 2], [2, 2]]
    for (index, left) in different.enumerated() {
      for (other, right) in different.enumerated() { #expect((left == right) == (index == other)) }
    }
    #expect(Set(different + different).count == different.count)
  }

  @Test func `can remove and change an axis`() {
    let shape: Shape = [4, 3, 2]
    #expect(shape.removing(axis: 0) == [3, 2])
    #expect(shape.removing(axis: 1) == [4, 2])
    #expect(shape.removing(axis: 2) == [4, 3])
    #expect(Shape(5).removing(axis: 0) == [])
    #expect(shape.replacing(axis: 1, with: 7) == [4, 7, 2])
    #expect(shape.replacing(axis: 2, with: 0) == [4, 3, 0])
    #expect(shape == [4, 3, 2])
  }

  // The rows are those of numpy.broadcast_shapes.
  static let fitting: [(Shape, Shape, Shape)] = [
    ([2, 3], [2, 3], [2, 3]), ([2, 3], [3], [2, 3]), ([2, 3], [], [2, 3]), ([], [], []),
    ([2, 1], [1, 3], [2, 3]), ([2, 1, 4], [3, 1], [2, 3, 4]), ([1], [4], [4]),
    ([5, 1, 1], [2], [5, 1, 2]), ([1, 1], [1], [1, 1]), ([0], [1], [0]), ([2, 0], [1], [2, 0]),
    ([2, 0], [2, 1], [2, 0]), ([], [0, 3], [0, 3]), ([3, 1], [0], [3, 0]),
  ]

  @Test(arguments: fitting)
  func `is broadcast by NumPy's rules, from either side`(a: Shape, b: Shape, result: Shape) {
    #expect(a.broadcast(with: b) == result)
    #expect(b.broadcast(with: a) == result)
  }

  static let failing: [(Shape, Shape)] = [
    ([2, 3], [2]), ([2, 3], [3, 2]), ([2, 3], [4, 3]), ([3], [0]), ([2, 0], [2, 3]), ([1, 2], [3]),
    ([2, 3, 4], [2, 1]),
  ]

  @Test(arguments: failing)
  func `is not broadcast if it does not match`(a: Shape, b: Shape) {
    #expect(a.broadcast(with: b) == nil)
    #expect(b.broadcast(with: a) == nil)
  }

  @Test func `has up to eight axes and no negative extent`() async {
    #expect(Shape([Int](repeating: 2, count: 8)).elementCount == 256)
    let axes = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Shape(1, 2, 1, 1, 1, 1, 1, 1, 3)
    }
    #expect(stopMessage(axes).contains("at most 8 axes; [1, 2, 1, 1, 1, 1, 1, 1, 3] has 9"))
    let negative = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Shape(2, -1)
    }
    #expect(stopMessage(negative).contains("an extent must not be negative: [2, -1]"))
  }
}
