import BackflowKernels
import BackflowLinearAlgebra
import Foundation
import TestSupport
import Testing

@Suite struct `Tensor arithmetic` {
  @Test func `of equal shapes is elementwise`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let (a, b) = (samples(35, seed: 1, as: S.self), samples(35, seed: 2, as: S.self))
      let (left, right) = (Tensor(a, shape: [5, 7]), Tensor(b, shape: [5, 7]))
      #expect((left + right).elements == zip(a, b).map { $0 + $1 })
      #expect((left - right).elements == zip(a, b).map { $0 - $1 })
      #expect((left * right).elements == zip(a, b).map { $0 * $1 })
      #expect((left / right).elements == zip(a, b).map { $0 / $1 })
      #expect(Tensor.maximum(left, right).elements == zip(a, b).map { Swift.max($0, $1) })
      #expect(Tensor.minimum(left, right).elements == zip(a, b).map { Swift.min($0, $1) })
      #expect((-left).elements == a.map { -$0 })
      #expect((left + right).shape == [5, 7])
      #expect(left.elements == a && right.elements == b)
    }
  }

  @Test func `with a scalar applies it to every element, on either side`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let elements = samples(21, as: S.self)
      let tensor = Tensor(elements, shape: [3, 7])
      let s: S = 1.75
      #expect((tensor + s).elements == elements.map { $0 + s })
      #expect((s + tensor).elements == elements.map { $0 + s })
      #expect((tensor - s).elements == elements.map { $0 - s })
      #expect((s - tensor).elements == elements.map { s - $0 })
      #expect((tensor * s).elements == elements.map { $0 * s })
      #expect((s * tensor).elements == elements.map { $0 * s })
      #expect((tensor / s).elements == elements.map { $0 / s })
      #expect((s / tensor).elements == elements.map { s / $0 })
      #expect((tensor / s).shape == [3, 7] && (s / tensor).shape == [3, 7])
    }
  }

  @Test func `broadcasts shapes that differ, from either side`() {
    let matrix = Tensor<Double>(rows: [[1, 2, 3], [4, 5, 6]])
    let (row, column) = (Tensor<Double>([10, 20, 30]), Tensor<Double>(rows: [[100], [200]]))
    #expect(matrix + row == Tensor(rows: [[11, 22, 33], [14, 25, 36]]))
    #expect(row - matrix == Tensor(rows: [[9, 18, 27], [6, 15, 24]]))
    #expect(matrix * column == Tensor(rows: [[100, 200, 300], [800, 1000, 1200]]))
    #expect(column / row == Tensor(rows: [[10, 5, 100.0 / 30], [20, 10, 200.0 / 30]]))
    #expect(Tensor.maximum(matrix, Tensor(scalar: 3)) == Tensor(rows: [[3, 3, 3], [4, 5, 6]]))
    #expect(Tensor.minimum(Tensor([2, 2, 5]), matrix) == Tensor(rows: [[1, 2, 3], [2, 2, 5]]))
    #expect((matrix + Tensor<Double>.zeros([0, 1, 1])).shape == [0, 2, 3])
  }

  @Test func `follows IEEE 754 in special cases`() {
    let infinity = Double.infinity
    let quotients = Tensor<Double>([1, -1, 0, infinity]) / Tensor([0, 0, 0, infinity])
    #expect(quotients[0] == infinity && quotients[1] == -infinity)
    #expect(quotients[2].isNaN && quotients[3].isNaN)
    #expect(Tensor.maximum(Tensor<Double>([.nan, 1]), Tensor([1, .nan])).nonfiniteCount == 2)
    #expect(Tensor.minimum(Tensor<Float>([.nan, 1]), Tensor([1, .nan])).nonfiniteCount == 2)
    #expect((-Tensor<Double>([0]))[0].sign == .minus)
    #expect((Tensor<Double>([infinity]) * 0)[0].isNaN)
  }

  @Test func `in place changes the left operand, and no copy of it`() {
    let original = Tensor<Double>(rows: [[1, 2], [3, 4]])
    var tensor = original
    tensor += Tensor(rows: [[10, 20], [30, 40]])
    #expect(tensor == Tensor(rows: [[11, 22], [33, 44]]))
    tensor -= Tensor([1, 2])
    #expect(tensor == Tensor(rows: [[10, 20], [32, 42]]))
    tensor += Tensor(rows: [[100], [200]])
    #expect(tensor == Tensor(rows: [[110, 120], [232, 242]]))
    tensor *= 0.5
    #expect(tensor == Tensor(rows: [[55, 60], [116, 121]]))
    tensor.add(Tensor(scalar: 2), scaledBy: -0.5)
    #expect(tensor == Tensor(rows: [[54, 59], [115, 120]]))
    tensor.addToRows(Tensor([1, -1]))
    #expect(tensor == Tensor(rows: [[55, 58], [116, 119]]))
    tensor += tensor
    #expect(tensor == Tensor(rows: [[110, 116], [232, 238]]))
    #expect(original == Tensor(rows: [[1, 2], [3, 4]]))
  }

  @Test func `in place adds a row to every row of any rank`() {
    var tensor = counting([2, 2, 3], as: Float.self)
    tensor.addToRows(Tensor([10, 20, 30]))
    #expect(tensor.elements == [10, 21, 32, 13, 24, 35, 16, 27, 38, 19, 30, 41])
    var empty = Tensor<Float>.zeros([0, 3])
    empty.addToRows(Tensor([1, 2, 3]))
    #expect(empty.isEmpty)
  }

  @Test func `in place times 0 or NaN keeps a NaN`() {
    var tensor = Tensor<Float>([1, .infinity, .nan, -2])
    tensor *= 0
    #expect(tensor[0] == 0 && tensor[3] == 0 && tensor[3].sign == .minus)
    #expect(tensor[1].isNaN && tensor[2].isNaN)
    var other = Tensor<Double>([1, 2])
    other *= .nan
    #expect(other.nonfiniteCount == 2)
  }

  @Test func `of shapes that do not match stops with both`() async {
    let sum = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.zeros([2, 3]) + Tensor<Double>.zeros([2])
    }
    #expect(stopMessage(sum).contains("+: shapes [2, 3] and [2] do not match"))
    let larger = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var row = Tensor<Double>.zeros([3])
      row += Tensor<Double>.zeros([2, 3])
    }
    #expect(
      stopMessage(larger).contains("shape [2, 3] cannot be added to one of shape [3]"))
    let row = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var tensor = Tensor<Double>.zeros([2, 3])
      tensor.addToRows(.zeros([2]))
    }
    #expect(
      stopMessage(row).contains("a row of shape [2] cannot be added to the rows of shape [2, 3]"))
  }
}
