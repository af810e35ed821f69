import BackflowKernels
import BackflowLinearAlgebra
import TestSupport
import Testing

@Suite struct `A reduction of all elements` {
  @Test func `agrees with its definition in double precision`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      for shape: Shape in [[], [1], [7], [3, 5], [4, 1, 9], [2500]] {
        let tensor = Tensor(samples(shape.elementCount, as: S.self), shape: shape)
        let x = tensor.elements.map { Double($0) }
        let count = Double(x.count)
        let mean = x.reduce(0, +) / count
        let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        let tolerance = Tolerance(S.self, length: x.count, scale: 1)
        expectClose([Double(tensor.sum())], [x.reduce(0, +)], tolerance)
        expectClose([Double(tensor.mean())], [mean], Tolerance(S.self, length: 1, scale: 1))
        expectClose([Double(tensor.variance())], [variance], tolerance)
        expectClose([Double(tensor.standardDeviation())], [variance.squareRoot()], tolerance)
        if x.count > 1 {
          let unbiased = variance * count / (count - 1)
          expectClose([Double(tensor.variance(correction: 1))], [unbiased], tolerance)
          expectClose(
            [Double(tensor.standardDeviation(correction: 1))], [unbiased.squareRoot()], tolerance)
        }
        let norm = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
        expectClose([Double(tensor.norm())], [norm], tolerance)
        #expect(Double(tensor.max()) == x.max() && Double(tensor.min()) == x.min())
        #expect(Double(tensor.maxMagnitude()) == x.map(\.magnitude).max())
        #expect(tensor.argmax() == x.indices.max { x[$0] < x[$1] })
      }
    }
  }

  @Test func `of small integers is exact`() {
    let tensor = Tensor<Float>(rows: [[2, 4, 4, 4], [5, 5, 7, 9]])
    #expect(tensor.sum() == 40 && tensor.mean() == 5)
    #expect(tensor.variance() == 4 && tensor.standardDeviation() == 2)
    #expect(tensor.variance(correction: 1) == Float(32) / 7)
    #expect(tensor.norm() == Float(232).squareRoot())
  }

  @Test func `of no elements is the neutral element, or NaN if there is none`() {
    let none = Tensor<Double>.zeros([0, 3])
    #expect(none.sum() == 0 && none.norm() == 0 && none.maxMagnitude() == 0)
    #expect(none.max() == -.infinity && none.min() == .infinity)
    #expect(none.mean().isNaN && none.variance().isNaN)
    #expect(none.isFinite && none.nonfiniteCount == 0)
  }

  @Test func `does not lose a NaN or an infinity`() {
    for place in [0, 7, 32] {
      var tensor = Tensor<Float>(samples(33))
      tensor[place] = .nan
      let results = [
        tensor.sum(), tensor.mean(), tensor.max(), tensor.min(), tensor.maxMagnitude(),
        tensor.norm(), tensor.variance(),
      ]
      #expect(results.allSatisfy { $0.isNaN })
      #expect(tensor.argmax() == place)
      #expect(tensor.nonfiniteCount == 1 && !tensor.isFinite)
      tensor[place] = -.infinity
      #expect(tensor.sum() == -.infinity && tensor.min() == -.infinity)
      #expect(tensor.maxMagnitude() == .infinity && tensor.max().isFinite)
      #expect(tensor.nonfiniteCount == 1 && !tensor.isFinite)
    }
  }

  @Test func `finds the first of several largest`() {
    #expect(Tensor<Double>([1, 3, 3, 2]).argmax() == 1)
    #expect(Tensor<Double>([-.infinity, -.infinity]).argmax() == 0)
    #expect(Tensor<Double>(rows: [[1, 2], [9, 9]]).argmax() == 2)
    #expect(Tensor<Double>([5, .nan, 9, .nan]).argmax() == 1)
  }

  @Test func `has no largest element in an empty tensor`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.zeros([0, 3]).argmax()
    }
    #expect(stopMessage(result).contains("a tensor of shape [0, 3] has no largest element"))
  }
}

@Suite struct `A reduction along an axis` {
  static let shapes: [Shape] = [
    [2, 3, 4], [1, 5, 1], [3, 1, 7], [4, 6, 1], [1, 1, 1], [2, 40, 9], [33, 2, 5], [2, 2, 300],
  ]

  @Test(arguments: shapes, 0..<3)
  func `agrees with the elements along it`(shape: Shape, axis: Int) {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let tensor = Tensor(samples(shape.elementCount, as: S.self), shape: shape)
      let lines = lines(of: tensor, axis: axis)
      let tolerance = Tolerance(S.self, length: shape[axis], scale: 1)
      let reduced = shape.removing(axis: axis)

      let (sum, mean) = (tensor.sum(axis: axis), tensor.mean(axis: axis))
      #expect(sum.shape == reduced && mean.shape == reduced)
      expectClose(sum.elements.map { Double($0) }, lines.map { $0.reduce(0, +) }, tolerance)
      expectClose(
        mean.elements.map { Double($0) },
        lines.map { $0.reduce(0, +) / Double(shape[axis]) }, tolerance)

      let (max, min) = (tensor.max(axis: axis), tensor.min(axis: axis))
      #expect(max.shape == reduced && min.shape == reduced)
      #expect(max.elements.map { Double($0) } == lines.map { $0.max() })
      #expect(min.elements.map { Double($0) } == lines.map { $0.min() })
      if axis == 2 {
        let largest = lines.map { line in line.indices.max { line[$0] < line[$1] } }
        #expect(tensor.argmaxOfRows() == largest)
      }
    }
  }

  @Test func `of rank 1 and 2 is a scalar and a vector`() {
    #expect(Tensor<Double>([1, 2, 3]).sum(axis: 0) == Tensor(scalar: 6))
    let matrix = Tensor<Double>(rows: [[1, 2], [3, 4], [5, 9]])
    #expect(matrix.sum(axis: 0) == Tensor([9, 15]) && matrix.sum(axis: 1) == Tensor([3, 7, 14]))
    #expect(matrix.mean(axis: 0) == Tensor([3, 5]))
    #expect(matrix.max(axis: 0) == Tensor([5, 9]) && matrix.min(axis: 1) == Tensor([1, 3, 5]))
    #expect(Tensor<Double>([4, 9, 2]).argmaxOfRows() == [1])
  }

  @Test func `of no elements sums to 0 and has no mean`() {
    let tensor = Tensor<Float>.zeros([2, 0, 3])
    #expect(tensor.sum(axis: 1) == .zeros([2, 3]))
    #expect(tensor.sum(axis: 0) == .zeros([0, 3]) && tensor.sum(axis: 2) == .zeros([2, 0]))
    #expect(tensor.mean(axis: 1).nonfiniteCount == 6)
    #expect(Tensor<Float>.zeros([2, 3, 0]).sum(axis: 2) == .zeros([2, 3]))
    #expect(tensor.max(axis: 0) == .zeros([0, 3]))
    #expect(Tensor<Float>.zeros([0, 3]).argmaxOfRows() == [])
  }

  @Test func `propagates a NaN along its own line only`() {
    var tensor = counting([2, 3, 4], as: Double.self)
    tensor[1, 0, 2] = .nan
    for axis in 0..<3 {
      let place = [1, 0, 2].enumerated().filter { $0.offset != axis }.map(\.element)
      for reduced in [
        tensor.sum(axis: axis), tensor.mean(axis: axis), tensor.max(axis: axis),
        tensor.min(axis: axis),
      ] {
        #expect(reduced.nonfiniteCount == 1 && reduced[place[0], place[1]].isNaN)
      }
    }
    #expect(tensor.argmaxOfRows() == [3, 3, 3, 2, 3, 3])
  }

  @Test func `stops if the axis is empty or does not exist`() async {
    let empty = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.zeros([2, 0]).max(axis: 1)
    }
    #expect(stopMessage(empty).contains("axis 1 of shape [2, 0] is empty"))
    let missing = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.zeros([2, 3]).sum(axis: 2)
    }
    #expect(stopMessage(missing).contains("[2, 3] has no axis 2"))
  }

  /// The elements along `axis`, one list for each position in the other two axes, in order.
  private func lines<S: RealScalar>(of tensor: Tensor<S>, axis: Int) -> [[Double]] {
    let others = [0, 1, 2].filter { $0 != axis }
    var lines: [[Double]] = []
    for first in 0..<tensor.shape[others[0]] {
      for second in 0..<tensor.shape[others[1]] {
        lines.append(
          (0..<tensor.shape[axis]).map { index in
            var place = [first, second]
            place.insert(index, at: axis)
            return Double(tensor[place[0], place[1], place[2]])
          })
      }
    }
    return lines
  }
}

@Suite struct `Approximate equality` {
  let ones = Tensor<Double>.ones([2, 2])

  @Test func `allows a difference relative to the largest element`() {
    let tensor = Tensor<Double>([1, 1000])
    #expect(tensor.isApproximatelyEqual(to: Tensor([1.9, 1000]), relativeTolerance: 1e-3))
    #expect(!tensor.isApproximatelyEqual(to: Tensor([2.1, 1000]), relativeTolerance: 1e-3))
    #expect(tensor.isApproximatelyEqual(to: tensor, relativeTolerance: 0))
    // √ε is 1.5e-8 in double precision and 3.5e-4 in single precision.
    #expect(ones.isApproximatelyEqual(to: ones + 1e-8))
    #expect(!ones.isApproximatelyEqual(to: ones + 2e-8))
    let floats = Tensor<Float>.ones([3])
    #expect(floats.isApproximatelyEqual(to: floats + 3e-4))
    #expect(!floats.isApproximatelyEqual(to: floats + 4e-4))
  }

  @Test func `allows an absolute difference on request`() {
    let (zeros, small) = (Tensor<Double>.zeros([2]), Tensor<Double>([1e-9, 0]))
    #expect(!zeros.isApproximatelyEqual(to: small))
    #expect(zeros.isApproximatelyEqual(to: small, absoluteTolerance: 1e-9))
    #expect(!zeros.isApproximatelyEqual(to: small, absoluteTolerance: 0.9e-9))
  }

  @Test func `needs equal shapes`() {
    #expect(!ones.isApproximatelyEqual(to: ones.flattened))
    #expect(Tensor<Double>.zeros([0]).isApproximatelyEqual(to: .zeros([0])))
    #expect(!Tensor<Double>.zeros([0]).isApproximatelyEqual(to: .zeros([0, 1])))
  }

  @Test func `is never true for a NaN`() {
    var withNaN = ones
    withNaN[1, 0] = .nan
    let copy = withNaN
    for (left, right) in [(withNaN, ones), (ones, withNaN), (withNaN, copy)] {
      #expect(!left.isApproximatelyEqual(to: right))
      #expect(
        !left.isApproximatelyEqual(
          to: right, relativeTolerance: 1e6, absoluteTolerance: .infinity))
    }
  }

  @Test func `needs the same infinities at the same positions`() {
    let tensor = Tensor<Double>([.infinity, 1])
    #expect(tensor.isApproximatelyEqual(to: Tensor([.infinity, 1])))
    for other: [Double] in [[1, 1], [-.infinity, 1], [1, .infinity], [.infinity, 2]] {
      #expect(!tensor.isApproximatelyEqual(to: Tensor(other)))
      #expect(!Tensor(other).isApproximatelyEqual(to: tensor))
    }
  }
}
