import BackflowKernels
import BackflowLinearAlgebra
import ComplexModule
import Foundation
import TestSupport
import Testing

/// Matrices whose eigenvalues are known in closed form.
@Suite struct `The eigenvalues` {
  @Test func `of a scaled rotation are r·exp(±iθ)`() throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let (radius, angle) = (0.9, 0.3)
      let (c, s) = (S(radius * cos(angle)), S(radius * sin(angle)))
      let a = Tensor<S>(rows: [[c, -s], [s, c]])
      let expected = ComplexDouble(length: radius, phase: angle)
      let tolerance = Tolerance(S.self, length: 2, scale: 1)
      expectSameEigenvalues(
        try eigenvalues(of: a), [expected, expected.conjugate], tolerance)
      expectClose([Double(try spectralRadius(of: a))], [radius], tolerance)
    }
  }

  @Test(arguments: [1, 2, 3, 5, 16, 64])
  func `of a cyclic permutation are the roots of unity`(order: Int) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      var cycle = Tensor<S>.zeros([order, order])
      for row in 0..<order { cycle[row, (row + 1) % order] = 1 }
      let roots = (0..<order).map {
        ComplexDouble(length: 1, phase: 2 * Double.pi * Double($0) / Double(order))
      }
      let tolerance = Tolerance(S.self, length: order, scale: 1)
      expectSameEigenvalues(try eigenvalues(of: cycle), roots, tolerance)
      expectClose([Double(try spectralRadius(of: cycle))], [1], tolerance)
    }
  }

  @Test func `of a companion matrix are the roots of its polynomial`() throws {
    try check(Float.self)
    try check(Double.self)

    // (x − 2)(x + 1)(x² + 1) = x⁴ − x³ − x² − x − 2
    func check<S: RealScalar>(_: S.Type) throws {
      let companion = Tensor<S>(rows: [[1, 1, 1, 2], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])
      expectSameEigenvalues(
        try eigenvalues(of: companion),
        [ComplexDouble(2), ComplexDouble(-1), ComplexDouble(0, 1), ComplexDouble(0, -1)],
        Tolerance(S.self, length: 4, scale: companion.scale))
    }
  }

  @Test(arguments: [1, 2, 5, 33])
  func `of a triangular matrix are its diagonal`(order: Int) throws {
    var a: Tensor<Double> = randomMatrix([order, order])
    for row in 0..<order {
      for column in 0..<row { a[row, column] = 0 }
      a[row, row] = Double(row + 1)
    }
    expectSameEigenvalues(
      try eigenvalues(of: a), (1...order).map { ComplexDouble(Double($0)) },
      Tolerance(1e-9, scale: 1))
  }

  @Test func `of a singular matrix contain zero`() throws {
    let a = Tensor<Double>(rows: [[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    let root = Double(297).squareRoot()
    expectSameEigenvalues(
      try eigenvalues(of: a),
      [ComplexDouble((15 + root) / 2), ComplexDouble(0), ComplexDouble((15 - root) / 2)],
      Tolerance(Double.self, length: 3, scale: a.scale))
  }

  @Test func `of a defective matrix are as exact as its Jordan block allows`() throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let order = 4
      var jordan = Tensor<Double>.diagonal(Tensor(repeating: 0.5, shape: [order]))
      for row in 0..<(order - 1) { jordan[row, row + 1] = 1 }
      let q = try QRDecomposition(of: randomMatrix([order, order]) as Tensor<Double>).q
      let a = Tensor<S>(matmul(matmul(q, jordan), q.transposed))
      let values = try eigenvalues(of: a)
      // For a perturbation e of the size of rounding, (λ − ½)⁴ = e has four solutions at a distance
      // of |e|^¼ from ½.
      let rounding = Tolerance(S.self, length: order, scale: a.scale)
      expectSameEigenvalues(
        values, [ComplexDouble](repeating: ComplexDouble(0.5), count: order),
        Tolerance(pow(rounding.value, 1 / Double(order)), scale: 0.5))
      // Their mean is accurate, because it is the trace.
      let sum = values.reduce(ComplexDouble(0)) { $0 + $1.exact }
      expectClose([sum.real, sum.imaginary], [2, 0], rounding)
    }
  }

  /// A real Gaussian matrix has on average √2 real eigenvalues at order 2, and 8.479 at order 100
  /// (Edelman, Kostlan and Shub 1994); its spectral radius approaches 1 (the circular law).
  @Test func `of random matrices are real as often as in theory`() throws {
    var random = RandomSource(seed: 5)
    let draws = 2000
    var real = 0
    for _ in 0..<draws {
      real += try eigenvalues(of: random.normal([2, 2]) as Tensor<Double>).count {
        $0.imaginary == 0
      }
    }
    // Either both are real or neither: a standard deviation of 2·√(p(1 − p)) with p = 1/√2.
    expectClose(
      [Double(real) / Double(draws)], [Double(2).squareRoot()],
      Tolerance(5 * 0.91 / Double(draws).squareRoot(), scale: 1))

    let matrices = try (0..<20).map { _ in
      try eigenvalues(of: random.normal([100, 100], standardDeviation: 0.1) as Tensor<Double>)
    }
    let count = matrices.joined().count { $0.imaginary == 0 }
    expectClose([Double(count) / 20], [8.479], Tolerance(2.5, scale: 8.479))
    let radii = matrices.map { $0.map(\.length).max() ?? 0 }
    expectClose([radii.reduce(0, +) / 20], [1.036], Tolerance(0.04, scale: 1))
  }
}
