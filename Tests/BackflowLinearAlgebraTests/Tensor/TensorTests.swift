import BackflowKernels
import BackflowLinearAlgebra
import TestSupport
import Testing

/// The numbers 0, 1, 2, … in row-major order.
func counting<S: RealScalar>(_ shape: Shape, as _: S.Type = S.self) -> Tensor<S> {
  Tensor((0..<shape.elementCount).map { S($0) }, shape: shape)
}

@Suite struct `A tensor` {
  @Test func `is created from a value, elements, rows or a scalar`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let repeated = Tensor<S>(repeating: 2.5, shape: [2, 3])
      #expect(repeated.shape == [2, 3] && repeated.elements == [S](repeating: 2.5, count: 6))
      #expect(Tensor<S>.zeros([2]).elements == [0, 0] && Tensor<S>.ones([2]).elements == [1, 1])

      let shaped = Tensor<S>([1, 2, 3, 4, 5, 6], shape: [3, 2])
      #expect(shaped.shape == [3, 2] && shaped.elements == [1, 2, 3, 4, 5, 6])
      #expect(shaped == Tensor(rows: [[1, 2], [3, 4], [5, 6]]))
      let vector = Tensor<S>([7, 8])
      #expect(vector.shape == [2] && vector.elements == [7, 8])
      let scalar = Tensor<S>(scalar: 9)
      #expect(scalar.shape == [] && scalar.rank == 0 && scalar.count == 1 && scalar.scalar == 9)
      #expect(Tensor<S>([4], shape: [1, 1]).scalar == 4)

      #expect(Tensor<S>.identity(2) == Tensor(rows: [[1, 0], [0, 1]]))
      #expect(
        Tensor<S>.diagonal(Tensor([1, 2, 3])) == Tensor(rows: [[1, 0, 0], [0, 2, 0], [0, 0, 3]]))
    }
  }

  @Test func `may be empty`() {
    let empties: [(Tensor<Double>, Shape)] = [
      (Tensor([]), [0]), (Tensor(rows: []), [0, 0]), (Tensor(rows: [[], []]), [2, 0]),
      (.zeros([3, 0, 2]), [3, 0, 2]), (.identity(0), [0, 0]),
    ]
    for (tensor, shape) in empties {
      #expect(tensor.shape == shape && tensor.isEmpty && tensor.elements.isEmpty)
    }
    #expect(!Tensor(scalar: 0.0).isEmpty)
  }

  @Test func `reads and writes elements by their indices`() {
    var tensor = counting([2, 3, 4], as: Float.self)
    for i in 0..<2 {
      for j in 0..<3 {
        for k in 0..<4 { #expect(tensor[i, j, k] == Float(12 * i + 4 * j + k)) }
      }
    }
    tensor[1, 2, 3] = -1
    tensor[0, 1, 2] += 100
    var expected = (0..<24).map(Float.init)
    (expected[23], expected[6]) = (-1, 106)
    #expect(tensor.elements == expected)

    var scalar = Tensor(scalar: 1.0)
    scalar[] = 5
    #expect(scalar[] == 5)
  }

  @Test func `is unchanged by a change of its copy`() {
    let original = counting([2, 2], as: Double.self)
    var copy = original
    copy[0, 0] = 10
    #expect(original.elements == [0, 1, 2, 3])
    #expect(copy.elements == [10, 1, 2, 3])

    var other = original
    let kept = other
    other += Tensor(scalar: 1)
    #expect(kept == original && other.elements == [1, 2, 3, 4])
  }

  @Test func `is equal to the same elements in the same shape`() {
    let tensor = counting([2, 3], as: Double.self)
    #expect(tensor == counting([2, 3]))
    #expect(tensor != counting([3, 2]))
    #expect(tensor != counting([6]))
    for index in 0..<6 {
      var elements = tensor.elements
      elements[index] += 0.5
      #expect(tensor != Tensor(elements, shape: [2, 3]))
    }
    #expect(Tensor<Float>.zeros([0, 2]) == .zeros([0, 2]))
    #expect(Tensor<Float>.zeros([0, 2]) != .zeros([2, 0]))
  }

  @Test func `compares as IEEE 754 does: NaN with nothing, the zeros with each other`() {
    let withNaN = Tensor<Float>([1, .nan])
    let copy = withNaN
    #expect(withNaN != copy)
    #expect(Tensor<Double>([0, -0.0]) == Tensor([-0.0, 0]))
    #expect(Tensor<Double>([.infinity]) == Tensor([.infinity]))
    #expect(Tensor<Double>([.infinity]) != Tensor([-.infinity]))
  }

  @Test func `changes precision by rounding to nearest, ties to even`() {
    let doubles: [Double] = [
      0, -0.0, 1 / 3, 1e300, -1e300, 1e-50, .infinity, 1 + 0x1p-24, 1 + 0x3p-24, 0x1.8p-150,
    ]
    let floats = Tensor<Float>(Tensor(doubles, shape: [2, 5]))
    #expect(floats.shape == [2, 5])
    #expect(floats.elements.map(\.bitPattern) == doubles.map { Float($0).bitPattern })
    #expect(floats[1, 2] == 1 && floats[1, 3] == 1 + 0x1p-22)
    let back = Tensor<Double>(floats)
    #expect(back.elements == floats.elements.map(Double.init))
    #expect(Tensor<Float>(back) == floats)
    #expect(Tensor<Float>(Tensor<Double>([.nan]))[0].isNaN)
    #expect(Tensor<Double>(Tensor<Float>.zeros([0, 3])) == .zeros([0, 3]))
  }

  @Test func `describes itself by its shape and first elements`() {
    #expect("\(Tensor<Double>([1, 2.5]))" == "Tensor[2] [1.0, 2.5]")
    #expect("\(Tensor<Float>(scalar: -1))" == "Tensor[] [-1.0]")
    #expect("\(Tensor<Float>.zeros([2, 0]))" == "Tensor[2, 0] []")
    let twelve = (0..<12).map { "\($0).0" }.joined(separator: ", ")
    #expect("\(counting([3, 4], as: Double.self))" == "Tensor[3, 4] [\(twelve)]")
    #expect("\(counting([13], as: Double.self))" == "Tensor[13] [\(twelve), …]")
  }

  @Test func `stops with its shape if elements and shape do not match`() async {
    let count = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>([1, 2, 3, 4, 5], shape: [2, 3])
    }
    #expect(stopMessage(count).contains("shape [2, 3] needs 6 elements, got 5"))
    let rows = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>(rows: [[1, 2], [3]])
    }
    #expect(stopMessage(rows).contains("the rows of a matrix must have equal lengths, got [2, 1]"))
  }

  @Test func `stops with its shape if an index is out of bounds`() async {
    let outside = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.zeros([2, 3])[1, 3]
    }
    #expect(stopMessage(outside).contains("index [1, 3] is outside shape [2, 3]"))
    let negative = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var tensor = Tensor<Double>.zeros([2, 3])
      tensor[-1, 0] = 1
    }
    #expect(stopMessage(negative).contains("index [-1, 0] is outside shape [2, 3]"))
    let rank = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.zeros([2, 3])[1]
    }
    #expect(stopMessage(rank).contains("[1] does not name an element of shape [2, 3]"))
  }

  @Test func `suggests select for too few indices`() async {
    let row = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2, 3])[0]
    }
    #expect(
      stopMessage(row).contains(
        "shape [2, 3], which has 2 axes; select(0) is the part of shape [3]"))
    let matrix = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var tensor = Tensor<Float>.zeros([2, 3, 4])
      tensor[1, 2] = 5
    }
    #expect(stopMessage(matrix).contains("select(1).select(2) is the part of shape [4]"))
    let many = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.zeros([2])[0, 0]
    }
    #expect(stopMessage(many).contains("[0, 0] does not name an element of shape [2]"))
    #expect(!stopMessage(many).contains("select"))
  }

  @Test func `takes its extents from any collection of integers`() {
    let extents = [2, 3]
    let part = [7, 3, 2].dropFirst()
    let values: [Float] = [1, 2, 3, 4, 5, 6]
    let matrix = Tensor(values, shape: extents)
    #expect(matrix == Tensor(values, shape: [2, 3]))
    #expect(matrix == Tensor(values, shape: matrix.shape))
    #expect(matrix.reshaped(to: part) == Tensor(values, shape: [3, 2]))
    #expect(Tensor<Float>.zeros(extents) == .zeros([2, 3]))
    #expect(Tensor<Float>.ones(part) == .ones([3, 2]))
    #expect(Tensor<Float>(repeating: 2, shape: extents + [1]).shape == [2, 3, 1])
    #expect(Tensor<Float>.zeros([]).rank == 0)
    var (one, two) = (RandomSource(seed: 1), RandomSource(seed: 1))
    #expect(one.uniform(extents, as: Float.self) == two.uniform([2, 3], as: Float.self))
    #expect(one.normal(extents, as: Float.self) == two.normal([2, 3], as: Float.self))
  }
}
