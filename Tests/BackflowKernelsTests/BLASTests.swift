import BackflowKernels
import TestSupport
import Testing

@Suite struct `The matrix product` {
  // Empty, one row or column, odd, multiples of a register, and large enough to be divided.
  static let sizes = [
    (0, 3, 4), (3, 0, 4), (3, 4, 0), (1, 4, 0), (0, 0, 0), (1, 1, 1), (1, 5, 7), (5, 1, 7),
    (1, 1, 9), (7, 5, 3), (17, 33, 9), (64, 64, 64), (5, 130, 51), (181, 119, 97), (60, 511, 67),
  ]

  @Test(arguments: sizes)
  func `equals the triple loop, for every transposition, alpha and beta`(m: Int, n: Int, k: Int) {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let (a, b) = (samples(m * k, seed: 1, as: S.self), samples(k * n, seed: 2, as: S.self))
      let before = samples(m * n, seed: 3, as: S.self)
      let product = naiveProduct(m: m, n: n, k: k, a, b)
      for form in 0..<4 {
        let (aTransposed, bTransposed) = (form & 1 == 1, form & 2 == 2)
        let storedA = aTransposed ? transposed(a, rows: m, columns: k) : a
        let storedB = bTransposed ? transposed(b, rows: k, columns: n) : b
        for (alpha, beta) in [(1, 0), (1, 1), (-0.5, 1), (2, -0.25), (0, 1)] as [(Double, Double)] {
          var c = Buffer(copying: before.span)
          BLAS.gemm(
            m: m, n: n, k: k, alpha: S(alpha), storedA.span, transposed: aTransposed,
            storedB.span, transposed: bTransposed, beta: S(beta), into: c.mutableSpan)
          expectClose(
            numbers(c), zip(product, before).map { alpha * $0 + beta * Double($1) },
            Tolerance(S.self, length: k + 1, scale: 2), mayBeEmpty: m * n == 0,
            "\(S.self), A \(aTransposed), B \(bTransposed), α \(alpha), β \(beta)")
        }
      }
    }
  }

  @Test(arguments: [(2, 3, 4), (1, 3, 4), (3, 1, 4), (2, 3, 0), (1, 1, 0), (200, 130, 90)])
  func `with beta 0 ignores the previous result, including a NaN`(m: Int, n: Int, k: Int) {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let (a, b) = (samples(m * k, as: S.self), samples(k * n, seed: 2, as: S.self))
      var c = Buffer<S>(repeating: .nan, count: m * n)
      BLAS.gemm(m: m, n: n, k: k, a.span, b.span, beta: 0, into: c.mutableSpan)
      expectClose(
        numbers(c), naiveProduct(m: m, n: n, k: k, a, b),
        Tolerance(S.self, length: k + 1, scale: 1))
    }
  }

  @Test(arguments: [(4, 5, 6), (1, 5, 6), (4, 1, 6), (70, 90, 50)])
  func `propagates a NaN and an infinity, also times zero`(
    m: Int, n: Int, k: Int
  ) {
    for bad in [Float.nan, .infinity] {
      // 0 · NaN and 0 · ∞ are NaN: the complete row of the element is NaN, and nothing else.
      var a = [Float](repeating: 1, count: m * k)
      a[(m - 1) * k + k / 2] = bad
      let zeros = [Float](repeating: 0, count: k * n)
      var c = Buffer<Float>(repeating: 0, count: m * n)
      BLAS.gemm(m: m, n: n, k: k, a.span, zeros.span, into: c.mutableSpan)
      let elements = c.elements
      #expect(elements[..<((m - 1) * n)].allSatisfy { $0 == 0 })
      #expect(elements[((m - 1) * n)...].allSatisfy { $0.isNaN })
    }
  }

  @Test func `stops with the sizes if they do not match`() async {
    let left = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let (a, b) = ([Float](repeating: 1, count: 5), [Float](repeating: 1, count: 12))
      var c = Buffer<Float>(repeating: 0, count: 8)
      BLAS.gemm(m: 2, n: 4, k: 3, a.span, b.span, into: c.mutableSpan)
    }
    #expect(stopMessage(left).contains("gemm: m·k is 6, but A has 5"))
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      let (a, b) = ([Float](repeating: 1, count: 6), [Float](repeating: 1, count: 12))
      var c = Buffer<Float>(repeating: 0, count: 9)
      BLAS.gemm(m: 2, n: 4, k: 3, a.span, b.span, into: c.mutableSpan)
    }
    #expect(stopMessage(result).contains("gemm: m·n is 8, but C has 9"))
  }
}

@Suite struct `A product with vectors` {
  @Test(arguments: [(0, 3), (3, 0), (0, 0), (1, 1), (1, 9), (9, 1), (7, 5), (33, 130), (257, 64)])
  func `of a matrix equals the double loop, for either transposition, alpha and beta`(
    rows: Int, columns: Int
  ) {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let a = samples(rows * columns, seed: 1, as: S.self)
      for isTransposed in [false, true] {
        let (m, k) = isTransposed ? (columns, rows) : (rows, columns)
        let (x, before) = (samples(k, seed: 2, as: S.self), samples(m, seed: 3, as: S.self))
        let product = naiveProduct(m: m, n: 1, k: k, a, transposed: isTransposed, x)
        for (alpha, beta) in [(1, 0), (-0.5, 1), (2, -0.25)] as [(Double, Double)] {
          var y = Buffer(copying: (beta == 0 ? [S](repeating: .nan, count: m) : before).span)
          BLAS.gemv(
            alpha: S(alpha), a.span, rows: rows, columns: columns, transposed: isTransposed,
            x.span, beta: S(beta), into: y.mutableSpan)
          let expected = zip(product, before).map { alpha * $0 + beta * Double($1) }
          expectClose(
            numbers(y), expected, Tolerance(S.self, length: k + 1, scale: 2), mayBeEmpty: m == 0,
            "\(S.self), transposed \(isTransposed), α \(alpha), β \(beta)")
        }
      }
    }
  }

  @Test(arguments: [(0, 3), (3, 0), (1, 1), (2, 3), (31, 17)])
  func `of two vectors adds their outer product`(rows: Int, columns: Int) {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let (x, y) = (samples(rows, seed: 1, as: S.self), samples(columns, seed: 2, as: S.self))
      let before = samples(rows * columns, seed: 3, as: S.self)
      var a = Buffer(copying: before.span)
      BLAS.ger(-2, x.span, y.span, into: a.mutableSpan)
      let product = naiveProduct(m: rows, n: columns, k: 1, x, y)
      expectClose(
        numbers(a), zip(product, before).map { Double($1) - 2 * $0 },
        Tolerance(S.self, length: 2, scale: 2), mayBeEmpty: rows * columns == 0)
    }
  }

  @Test(arguments: [0, 1, 2, 7, 16, 64, 1001, 20_000])
  func `adds a multiple, and sums products`(count: Int) {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let (x, before) = (samples(count, seed: 1, as: S.self), samples(count, seed: 2, as: S.self))
      var y = Buffer(copying: before.span)
      BLAS.axpy(-1.5, x.span, into: y.mutableSpan)
      expectClose(
        numbers(y), zip(x, before).map { Double($1) - 1.5 * Double($0) },
        Tolerance(S.self, length: 1, scale: 2), mayBeEmpty: count == 0)

      let dot = zip(x, before).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      expectClose(
        [VectorKernels.dot(x.span, before.span)], [dot],
        Tolerance(S.self, length: max(count, 1), scale: 1))
    }
  }

  @Test func `stops with the sizes if they do not match`() async {
    let dot = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = VectorKernels.dot([1.0, 2, 3].span, [1.0, 2].span)
    }
    #expect(stopMessage(dot).contains("dot: b has 2 elements, expected [3]"))
    let gemv = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var y = Buffer<Double>(repeating: 0, count: 2)
      let a = [1.0, 2, 3, 4, 5, 6]
      BLAS.gemv(a.span, rows: 2, columns: 3, [1.0, 2].span, into: y.mutableSpan)
    }
    #expect(stopMessage(gemv).contains("gemv: the number of columns of op(A) is 3, but x has 2"))
  }
}

@Suite struct `The Euclidean norm` {
  @Test func `agrees with the Pythagorean theorem`() {
    #expect(BLAS.nrm2([3.0, -4].span) == 5)
    #expect(BLAS.nrm2([Float(2), -3, 6].span) == 7)
    #expect(BLAS.nrm2([Double]().span) == 0)
    #expect(BLAS.nrm2([Float(-8)].span) == 8)
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      for count in [5, 16, 333, 10_001] {
        let x = samples(count, as: S.self)
        let norm = x.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        expectClose(
          [Double(BLAS.nrm2(x.span))], [norm], Tolerance(S.self, length: count, scale: norm))
      }
    }
  }

  @Test func `does not overflow where a square would`() {
    let floats = [Float](repeating: 1e20, count: 100)
    expectClose(
      [Double(BLAS.nrm2(floats.span))], [1e21], Tolerance(Float.self, length: 1, scale: 1e21))
    let doubles = [Double](repeating: -1e200, count: 100)
    expectClose([BLAS.nrm2(doubles.span)], [1e201], Tolerance(Double.self, length: 1, scale: 1e201))
    #expect(BLAS.nrm2([Float.greatestFiniteMagnitude, 0].span) == .greatestFiniteMagnitude)
  }

  @Test func `does not vanish where a square would`() {
    let floats = [Float](repeating: 1e-30, count: 100)
    expectClose(
      [Double(BLAS.nrm2(floats.span))], [1e-29], Tolerance(Float.self, length: 1, scale: 1e-29))
    let doubles = [Double](repeating: 1e-200, count: 100)
    expectClose(
      [BLAS.nrm2(doubles.span)], [1e-199], Tolerance(Double.self, length: 1, scale: 1e-199))
    #expect(BLAS.nrm2([Float.leastNonzeroMagnitude, 0].span) == .leastNonzeroMagnitude)
  }

  @Test func `is infinite or NaN if an element is`() {
    #expect(BLAS.nrm2([1, -Float.infinity, 2].span) == .infinity)
    #expect(BLAS.nrm2([1, Double.infinity].span) == .infinity)
    #expect(BLAS.nrm2([1, Float.nan, 2].span).isNaN)
    #expect(BLAS.nrm2([Double.nan].span).isNaN)
  }
}
