import BackflowKernels
import TestSupport
import Testing

@Suite struct `A copy of blocks` {
  @Test func `copies strided runs and leaves the rest unchanged`() {
    let source = (0..<20).map(Double.init)
    var target = Buffer<Double>(repeating: -1, count: 14)
    Blocks.copy(
      count: 3, length: 2, from: source.span, at: 1, stride: 6,
      into: target.mutableSpan, at: 2, stride: 4)
    #expect(target.elements == [-1, -1, 1, 2, -1, -1, 7, 8, -1, -1, 13, 14, -1, -1])
  }

  @Test func `copies nothing if there is nothing to copy`() {
    var target = Buffer<Float>(repeating: -1, count: 2)
    Blocks.copy(
      count: 0, length: 2, from: [Float(1)].span, at: 9, stride: 9,
      into: target.mutableSpan, at: 9, stride: 9)
    Blocks.copy(
      count: 2, length: 0, from: [Float]().span, at: 0, stride: 0,
      into: target.mutableSpan, at: 0, stride: 0)
    #expect(target.elements == [-1, -1])
  }

  @Test func `reaches the last element of either side and stops one beyond it`() async {
    var target = Buffer<Double>(repeating: 0, count: 5)
    Blocks.copy(
      count: 2, length: 2, from: [1.0, 2, 3, 4].span, at: 0, stride: 2,
      into: target.mutableSpan, at: 0, stride: 3)
    #expect(target.elements == [1, 2, 0, 3, 4])
    let source = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var target = Buffer<Double>(repeating: 0, count: 5)
      Blocks.copy(
        count: 2, length: 2, from: [1.0, 2, 3, 4].span, at: 1, stride: 2,
        into: target.mutableSpan, at: 0, stride: 3)
    }
    #expect(stopMessage(source).contains("copy of 1..<5 of 4 elements to 0..<5 of 5"))
    let target5 = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var target = Buffer<Double>(repeating: 0, count: 5)
      Blocks.copy(
        count: 2, length: 2, from: [1.0, 2, 3, 4].span, at: 0, stride: 2,
        into: target.mutableSpan, at: 1, stride: 3)
    }
    #expect(stopMessage(target5).contains("copy of 0..<4 of 4 elements to 1..<6 of 5"))
  }
}

@Suite struct `A strided copy of elements` {
  @Test func `visits its elements in row-major order`() {
    #expect(gathered(6, extents: [2, 3], strides: [3, 1]) == [0, 1, 2, 3, 4, 5])
    #expect(gathered(6, extents: [3, 2], strides: [1, 3]) == [0, 3, 1, 4, 2, 5])
    #expect(gathered(3, extents: [2, 3], strides: [0, 1]) == [0, 1, 2, 0, 1, 2])
    #expect(gathered(2, extents: [2, 3], strides: [1, 0]) == [0, 0, 0, 1, 1, 1])
    #expect(gathered(9, extents: [2, 1, 2], strides: [6, 3, 2]) == [0, 2, 6, 8])
  }

  @Test func `copies one element for no axes and none for an empty axis`() {
    #expect(gathered(1, extents: [], strides: []) == [0])
    #expect(gathered(6, extents: [2, 0, 3], strides: [3, 3, 1]) == [])
    #expect(gathered(0, extents: [0], strides: [1]) == [])
  }

  @Test func `agrees with counting the indices, for four axes in any order`() {
    let (extents, strides) = ([3, 2, 5, 4], [4, 60, 12, 1])
    var expected: [Double] = []
    for i in 0..<3 {
      for j in 0..<2 {
        for k in 0..<5 {
          for l in 0..<4 { expected.append(Double(i * 4 + j * 60 + k * 12 + l)) }
        }
      }
    }
    #expect(gathered(120, extents: extents, strides: strides) == expected)
  }

  /// A strided copy of 0, 1, 2, …, `count` − 1, which must not depend on the precision.
  private func gathered(_ count: Int, extents: [Int], strides: [Int]) -> [Double] {
    let result = gather(Double.self)
    #expect(gather(Float.self) == result)
    return result

    func gather<S: RealScalar>(_: S.Type) -> [Double] {
      let source = (0..<count).map { S($0) }
      var target = Buffer<S>(repeating: -1, count: extents.reduce(1, *))
      Blocks.copy(source.span, extents: extents, strides: strides, into: target.mutableSpan)
      return numbers(target)
    }
  }
}
