import BackflowKernels
import BackflowLinearAlgebra
import TestSupport
import Testing

@Suite struct `The product of tensors` {
  static let sizes = [(1, 1, 1), (2, 3, 4), (5, 1, 7), (1, 6, 3), (3, 4, 1), (17, 9, 33)]

  @Test(arguments: sizes)
  func `agrees with the definition for each form of its operands`(m: Int, n: Int, k: Int) {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let a = Tensor(samples(m * k, seed: 1, as: S.self), shape: [m, k])
      let b = Tensor(samples(k * n, seed: 2, as: S.self), shape: [k, n])
      let (aᵀ, bᵀ) = (a.transpose(), b.transpose())
      let expected = product(a, b)
      let before = Tensor(samples(m * n, seed: 3, as: S.self), shape: [m, n])
      let tolerance = Tolerance(S.self, length: k + 1, scale: 1)

      for (index, result) in [
        matmul(a, b), matmul(a, bᵀ.transposed), matmul(aᵀ.transposed, b),
        matmul(aᵀ.transposed, bᵀ.transposed), matmul(a.transposed.transposed, b),
      ].enumerated() {
        #expect(result.shape == [m, n])
        expectClose(numbers(result), expected, tolerance, "\(S.self), form \(index)")
      }

      var sums = [before, before, before, before]
      matmul(a, b, addedTo: &sums[0])
      matmul(a, bᵀ.transposed, addedTo: &sums[1])
      matmul(aᵀ.transposed, b, addedTo: &sums[2])
      matmul(aᵀ.transposed, bᵀ.transposed, into: &sums[3], adding: true)
      for (index, sum) in sums.enumerated() {
        expectClose(
          numbers(sum), zip(expected, numbers(before)).map { $0 + $1 }, tolerance,
          "\(S.self), added in form \(index)")
      }
      matmul(aᵀ.transposed, bᵀ.transposed, into: &sums[0], adding: false)
      expectClose(numbers(sums[0]), expected, tolerance, "\(S.self), written")
    }
  }

  @Test func `keeps the leading axes of its left operand and flattens those of its right operand`()
  {
    let a = counting([2, 3, 4], as: Double.self)
    let b = counting([4, 5], as: Double.self)
    let result = matmul(a, b)
    #expect(result.shape == [2, 3, 5])
    #expect(result.elements == product(a.asRows, b))
    #expect(matmul(a, b.transpose().transposed) == result)

    // The gradient of a weight: [features, time × batch] · [time × batch, features].
    let c = counting([2, 3, 5], as: Double.self)
    let gradient = matmul(a.transposed, c)
    #expect(gradient.shape == [4, 5])
    #expect(gradient.elements == product(a.asRows.transpose(), c.asRows))
    var sum = Tensor<Double>.ones([4, 5])
    matmul(a.transposed, c, addedTo: &sum)
    #expect(sum == gradient + 1)

    var sequence = Tensor<Double>.ones([2, 3, 5])
    matmul(a, b, addedTo: &sequence)
    #expect(sequence == result + 1)
    #expect(matmul(Tensor<Double>([1, 2, 3, 4]), b).shape == [5])
  }

  @Test func `uses a range of the outermost axis`() {
    let a = counting([4, 3, 2], as: Double.self)
    let b = counting([6, 5], as: Double.self)
    let part = matmul(a.operand(1..<3).transposed, b)
    #expect(part == matmul(a.slice(1..<3).transposed, b))
    #expect(part.elements == product(a.slice(1..<3).asRows.transpose(), b))
    #expect(a.operand(4..<4).transposed.description == "[2, 0]")
    #expect(a.operand(1..<3).description == "[6, 2]")
  }

  @Test func `may be empty in any extent`() {
    let none = matmul(Tensor<Float>.zeros([2, 0]), Tensor<Float>.zeros([0, 3]))
    #expect(none == .zeros([2, 3]))
    #expect(matmul(Tensor<Float>.zeros([0, 4]), Tensor<Float>.zeros([4, 3])).shape == [0, 3])
    let sequence = Tensor<Float>.zeros([3, 2, 4])
    #expect(matmul(sequence, Tensor<Float>.zeros([4, 0])).shape == [3, 2, 0])
    var sum = Tensor<Float>.ones([2, 3])
    matmul(Tensor<Float>.zeros([2, 0]), Tensor<Float>.zeros([0, 3]), addedTo: &sum)
    #expect(sum == .ones([2, 3]))
  }

  @Test func `added to a tensor does not change its copies`() {
    let original = Tensor<Double>.zeros([1, 1])
    var sum = original
    matmul(Tensor(rows: [[2]]), Tensor(rows: [[3]]), addedTo: &sum)
    #expect(sum.scalar == 6 && original.scalar == 0)
  }

  @Test func `stops with both shapes if they do not match`() async {
    let inner = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = matmul(Tensor<Double>.zeros([2, 3]), Tensor<Double>.zeros([2, 3]))
    }
    #expect(stopMessage(inner).contains("matmul: shapes [2, 3] and [2, 3] do not match"))
    let transposed = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = matmul(Tensor<Double>.zeros([2, 3]).transposed, Tensor<Double>.zeros([3, 2]))
    }
    #expect(
      stopMessage(transposed).contains("matmul: shapes [3, 2] and [3, 2] do not match"))
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var sum = Tensor<Double>.zeros([3, 2])
      matmul(Tensor<Double>.zeros([2, 4]), Tensor<Double>.zeros([4, 3]), addedTo: &sum)
    }
    #expect(
      stopMessage(result).contains(
        "matmul: the product has shape [2, 3], but the result has shape [3, 2]"))
  }
}

@Suite struct `The transpose` {
  @Test func `exchanges rows and columns`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      for shape: Shape in [[2, 3], [1, 5], [5, 1], [0, 3], [3, 0], [17, 33], [64, 64]] {
        let matrix = counting(shape, as: S.self)
        let transpose = matrix.transpose()
        #expect(transpose.shape == [shape[1], shape[0]])
        #expect(
          transpose.elements
            == (0..<matrix.count).map { S($0 % shape[0] * shape[1] + $0 / shape[0]) })
        #expect(transpose.transpose() == matrix)
      }
    }
  }

  @Test func `exists only for a matrix`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.zeros([2, 3, 4]).transpose()
    }
    #expect(stopMessage(result).contains("only a matrix has a transpose, not shape [2, 3, 4]"))
  }
}

@Suite struct `A product with a vector` {
  @Test(arguments: [(1, 1), (2, 3), (7, 1), (1, 7), (33, 17)])
  func `agrees with the matrix product`(rows: Int, columns: Int) {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let a = Tensor(samples(rows * columns, seed: 1, as: S.self), shape: [rows, columns])
      let x = Tensor(samples(columns, seed: 2, as: S.self))
      let y = Tensor(samples(rows, seed: 3, as: S.self))
      let tolerance = Tolerance(S.self, length: rows + columns, scale: 1)
      #expect(matvec(a, x).shape == [rows] && matvec(a.transposed, y).shape == [columns])
      expectClose(
        numbers(matvec(a, x)), product(a, x.reshaped(to: [columns, 1])), tolerance)
      expectClose(
        numbers(matvec(a.transposed, y)), product(y.reshaped(to: [1, rows]), a), tolerance)

      #expect(outer(y, x).shape == [rows, columns])
      expectClose(
        numbers(outer(y, x)), product(y.reshaped(to: [rows, 1]), x.reshaped(to: [1, columns])),
        tolerance)
      let squares = numbers(a).reduce(0) { $0 + $1 * $1 }
      expectClose(
        [Double(dot(a, a))], [squares],
        Tolerance(S.self, length: rows * columns, scale: squares, factor: 1))
    }
  }

  @Test func `may be empty`() {
    #expect(matvec(Tensor<Double>.zeros([2, 0]), Tensor([])) == Tensor([0, 0]))
    #expect(matvec(Tensor<Double>.zeros([0, 2]), Tensor([1, 2])) == Tensor([]))
    #expect(outer(Tensor<Double>([1, 2]), Tensor([])) == .zeros([2, 0]))
    #expect(dot(Tensor<Double>([]), Tensor([])) == 0)
  }

  @Test func `stops with both shapes if they do not match`() async {
    let first = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = matvec(Tensor<Double>.zeros([2, 3]), Tensor<Double>.zeros([2]))
    }
    #expect(stopMessage(first).contains("matvec: shapes [2, 3] and [2] do not match"))
    let second = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = dot(Tensor<Double>.zeros([6]), Tensor<Double>.zeros([2, 3]))
    }
    #expect(stopMessage(second).contains("dot: shapes [6] and [2, 3] differ"))
    let third = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = outer(Tensor<Double>.zeros([6]), Tensor<Double>.zeros([2, 3]))
    }
    #expect(
      stopMessage(third).contains("outer: the operands must be vectors, got shapes [6] and [2, 3]"))
  }
}

/// The elements in double precision, so that checking adds no error.
private func numbers<S: RealScalar>(_ tensor: Tensor<S>) -> [Double] {
  tensor.elements.map { Double($0) }
}

/// A·B of two matrices by definition, summed in double precision.
private func product<S: RealScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> [Double] {
  (0..<a.shape[0]).flatMap { row in
    (0..<b.shape[1]).map { column in
      (0..<a.shape[1]).reduce(0.0) { $0 + Double(a[row, $1]) * Double(b[$1, column]) }
    }
  }
}
