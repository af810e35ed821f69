import BackflowKernels
import TestSupport
import Testing

@Suite struct `A packed matrix` {
  // Few rows and many; columns below, at and beyond the width of a panel.
  static let rows = [0, 1, 2, 3, 7, 12, 13, 25]
  static let sizes = [
    (0, 5), (1, 1), (3, 1), (1, 7), (5, 3), (16, 16), (17, 31), (33, 65), (63, 129), (64, 200),
  ]

  @Test(arguments: rows, sizes)
  func `multiplies like gemm, for either storage order`(m: Int, kn: (Int, Int)) {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let (k, n) = kn
      let (a, b) = (samples(m * k, seed: 1, as: S.self), samples(k * n, seed: 2, as: S.self))
      let before = samples(m * n, seed: 3, as: S.self)
      var product = Buffer<S>(uninitialized: m * n)
      BLAS.gemm(m: m, n: n, k: k, a.span, b.span, into: product.mutableSpan)
      let tolerance = Tolerance(S.self, length: k + 1, scale: 1)
      for isTransposed in [false, true] {
        let packed =
          isTransposed
          ? PackedMatrix(
            transposed(b, rows: k, columns: n).span, rows: n, columns: k, transposed: true)
          : PackedMatrix(b.span, rows: k, columns: n)
        #expect(packed.rows == k && packed.columns == n)

        expectClose(
          multiply(a, packed, into: [S](repeating: .nan, count: m * n), adding: false),
          numbers(product), tolerance, mayBeEmpty: m == 0, "\(S.self), transposed \(isTransposed)")
        expectClose(
          multiply(a, packed, into: before, adding: true),
          zip(numbers(product), before).map { $0 + Double($1) }, tolerance, mayBeEmpty: m == 0,
          "\(S.self), transposed \(isTransposed), added")
      }

      func multiply(
        _ a: [S], _ packed: PackedMatrix<S>, into c: [S], adding: Bool
      ) -> [Double] {
        let left = SequenceView(Buffer(copying: a.span), time: 1, batch: m, features: k)
        var result = Buffer(copying: c.span)
        let target = MutableSequenceView(&result, time: 1, batch: m, features: n)
        if adding {
          packed.multiply(left[TimeStep(0, 0..<m)], addingTo: target[TimeStep(0, 0..<m)])
        } else {
          packed.multiply(left[TimeStep(0, 0..<m)], into: target[TimeStep(0, 0..<m)])
        }
        return numbers(result)
      }
    }
  }

  @Test func `writes the rows of its samples and step, and no others`() {
    let (time, batch, k, n) = (3, 5, 4, 7)
    let a = samples(time * batch * k, as: Double.self)
    let b = samples(k * n, seed: 2, as: Double.self)
    var buffer = Buffer<Double>(repeating: -9, count: time * batch * n)
    let left = SequenceView(
      Buffer(copying: a.span), time: time, batch: batch, features: k)
    let target = MutableSequenceView(&buffer, time: time, batch: batch, features: n)
    PackedMatrix(b.span, rows: k, columns: n).multiply(
      left[TimeStep(2, 0..<3)], into: target[TimeStep(1, 1..<4)])

    let product = naiveProduct(m: 3, n: n, k: k, Array(a[(2 * batch * k)...]), b)
    var expected = [Double](repeating: -9, count: time * batch * n)
    expected.replaceSubrange((batch + 1) * n..<(batch + 4) * n, with: product)
    expectClose(numbers(buffer), expected, Tolerance(Double.self, length: k, scale: 1))
  }

  @Test func `propagates a NaN, also when multiplied by zeros`() {
    let zeros = PackedMatrix([Float](repeating: 0, count: 6).span, rows: 2, columns: 3)
    let left = SequenceView(
      Buffer(copying: [Float.nan, 1, 1, 1].span), time: 1, batch: 2, features: 2)
    var buffer = Buffer<Float>(repeating: 5, count: 6)
    let target = MutableSequenceView(&buffer, time: 1, batch: 2, features: 3)
    zeros.multiply(left[TimeStep(0, 0..<2)], into: target[TimeStep(0, 0..<2)])
    #expect(buffer.elements[..<3].allSatisfy { $0.isNaN })
    #expect(buffer.elements[3...] == [0, 0, 0])
  }

  @Test func `does not see a later change of the matrix`() {
    var weight = Buffer(copying: [2.0].span)
    let packed = PackedMatrix(weight.span, rows: 1, columns: 1)
    var elements = weight.mutableSpan
    elements[0] = 100
    let one = SequenceView(Buffer(copying: [3.0].span), time: 1, batch: 1, features: 1)
    var buffer = Buffer(repeating: 0.0, count: 1)
    let target = MutableSequenceView(&buffer, time: 1, batch: 1, features: 1)
    packed.multiply(one[TimeStep(0, 0..<1)], into: target[TimeStep(0, 0..<1)])
    #expect(buffer.elements == [6])
  }

  @Test func `stops with the shapes if they do not fit`() async {
    let count = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = PackedMatrix([1.0, 2, 3].span, rows: 2, columns: 2)
    }
    #expect(stopMessage(count).contains("2 × 2 against 3 elements"))
    let product = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let packed = PackedMatrix([1.0, 2, 3, 4].span, rows: 2, columns: 2)
      var buffer = Buffer(repeating: 0.0, count: 6)
      let view = MutableSequenceView(&buffer, time: 1, batch: 2, features: 3)
      packed.multiply(view[TimeStep(0, 0..<2)].reading, into: view[TimeStep(0, 0..<2)])
    }
    #expect(stopMessage(product).contains("[2, 3] · [2, 2] into [2, 3]"))
  }
}
