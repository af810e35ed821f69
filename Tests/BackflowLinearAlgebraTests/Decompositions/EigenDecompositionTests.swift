import BackflowKernels
import BackflowLinearAlgebra
import ComplexModule
import TestSupport
import Testing

@Suite struct `An eigendecomposition` {
  @Test(arguments: orders)
  func `satisfies A R = R Λ with unit columns`(order: Int) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let a: Tensor<S> = randomMatrix([order, order])
      let eigen = try EigenDecomposition(of: a)
      let (vectors, values) = (eigen.rightVectors, eigen.values.map(\.exact))
      let scaled = vectors.scalingColumns(by: values)
      let tolerance = Tolerance(S.self, length: order, scale: a.scale)
      expectClose(
        matmul(a.exact, vectors.realPart).elements, scaled.realPart.elements, tolerance,
        mayBeEmpty: order == 0, "Re A R")
      expectClose(
        matmul(a.exact, vectors.imaginaryPart).elements, scaled.imaginaryPart.elements, tolerance,
        mayBeEmpty: order == 0, "Im A R")
      expectUnitColumns(vectors, S.self)
    }
  }

  @Test(arguments: orders)
  func `satisfies Lᴴ A = Λ Lᴴ with unit columns`(order: Int) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let a: Tensor<S> = randomMatrix([order, order])
      let eigen = try EigenDecomposition(of: a)
      let vectors = eigen.leftVectors
      // Transposed and conjugated: Aᵀ L = L Λᴴ.
      let scaled = vectors.scalingColumns(by: eigen.values.map(\.exact.conjugate))
      let tolerance = Tolerance(S.self, length: order, scale: a.scale)
      expectClose(
        matmul(a.exact.transposed, vectors.realPart).elements, scaled.realPart.elements, tolerance,
        mayBeEmpty: order == 0, "Re Aᵀ L")
      expectClose(
        matmul(a.exact.transposed, vectors.imaginaryPart).elements,
        scaled.imaginaryPart.elements, tolerance, mayBeEmpty: order == 0, "Im Aᵀ L")
      expectUnitColumns(vectors, S.self)
    }
  }

  private func expectUnitColumns<S: RealScalar>(_ vectors: ComplexMatrix<S>, _: S.Type) {
    expectClose(
      vectors.columnNorms, [Double](repeating: 1, count: vectors.columns),
      Tolerance(S.self, length: vectors.rows, scale: 1), mayBeEmpty: vectors.columns == 0, "norms")
  }

  @Test(arguments: orders)
  func `has the eigenvalues that are computed without vectors`(order: Int) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let a: Tensor<S> = randomMatrix([order, order])
      let values = try eigenvalues(of: a)
      // Both are eigenvalues of A + E with ‖E‖ of the size of rounding; each then moves by ‖E‖
      // times its condition number, which is below 100 for nearly all of these.
      let tolerance = Tolerance(S.self, length: order, scale: a.scale, factor: 50)
      expectSameEigenvalues(
        try EigenDecomposition(of: a).values, values.map(\.exact), tolerance,
        mayBeEmpty: order == 0)
      expectSameEigenvalues(
        try eigenvalues(of: a.transpose()), values.map(\.exact), tolerance,
        mayBeEmpty: order == 0)
    }
  }

  @Test(arguments: orders)
  func `has adjacent conjugate pairs, the positive imaginary part first`(order: Int) throws {
    let a: Tensor<Double> = randomMatrix([order, order])
    let eigen = try EigenDecomposition(of: a)
    var index = 0
    while index < order {
      if eigen.values[index].imaginary == 0 {
        #expect(eigen.rightVectors.column(index).allSatisfy { $0.imaginary == 0 })
        index += 1
        continue
      }
      #expect(eigen.values[index].imaginary > 0)
      try #require(index + 1 < order)
      #expect(eigen.values[index + 1] == eigen.values[index].conjugate)
      #expect(
        eigen.rightVectors.column(index + 1) == eigen.rightVectors.column(index).map(\.conjugate))
      index += 2
    }
  }

  @Test func `of the empty matrix is empty, and its spectral radius 0`() throws {
    let empty = Tensor<Double>.zeros([0, 0])
    #expect(try EigenDecomposition(of: empty).values.isEmpty)
    #expect(try eigenvalues(of: empty).isEmpty)
    #expect(try spectralRadius(of: empty) == 0)
  }

  @Test func `of one number is that number`() throws {
    let eigen = try EigenDecomposition(of: Tensor<Float>(rows: [[-3]]))
    #expect(eigen.values == [Complex(-3)])
    #expect(eigen.rightVectors[0, 0].length == 1)
  }
}
