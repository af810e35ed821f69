import BackflowKernels
import BackflowLinearAlgebra
import TestSupport
import Testing

/// Sums of so many terms that a running sum in the precision of the elements is wrong in its
/// leading digits. All terms are 0.1, the worst case, in which successive additions round in the
/// same direction.
@Suite struct `Long sums` {
  // Shapes for a vector routine, for the packed product, and for OpenBLAS.
  @Test(
    arguments: [(1, 1), (1, 7), (5, 1), (2, 3), (9, 7), (8, 8), (16, 16), (37, 5), (48, 64)],
    [4097, 16_385, 250_000])
  func `products of tall data`(size: (m: Int, n: Int), k: Int) {
    checkProducts(size.m, size.n, k, Float.self)
    checkProducts(size.m, size.n, k, Double.self)
  }

  @Test func `matrix-vector products, dots and norms`() {
    checkVectors(Float.self)
    checkVectors(Double.self)
  }

  @Test func `sums and means along an axis`() {
    checkAxes(Float.self)
    checkAxes(Double.self)
  }

  @Test func `an infinite term or a NaN is propagated`() {
    for (special, isNaN) in [(Float.infinity, false), (.nan, true)] {
      var a = Tensor<Float>(repeating: 0.1, shape: [20_000, 20])
      a[10_000, 3] = special
      let product = matmul(a.transposed, a)
      for row in 0..<20 {
        for column in 0..<20 {
          let value = product[row, column]
          #expect(value.isFinite == (row != 3 && column != 3))
          if !value.isFinite { #expect(value.isNaN == isNaN) }
        }
      }
    }
  }
}

/// The permitted error in units in the last place, for any length: that of a block of 512 terms. In
/// single precision, most sums are accumulated in double.
private func ulps<S: RealScalar>(_: S.Type) -> Double { S.self == Float.self ? 64 : 512 }

private func checkProducts<S: RealScalar>(_ m: Int, _ n: Int, _ k: Int, _: S.Type) {
  let a = Tensor<S>(repeating: 0.1, shape: [k, m])
  let b = Tensor<S>.ones([k, n])
  let expected = [Double](repeating: Double(k) * Double(S(0.1)), count: m * n)
  let label = "[\(m), \(k)] · [\(k), \(n)] \(S.self)"
  expectUlps(matmul(a.transposed, b).elements, expected, ulps: ulps(S.self), label)
  let (wideA, wideB) = (Tensor<S>(repeating: 0.1, shape: [m, k]), Tensor<S>.ones([n, k]))
  expectUlps(matmul(wideA, wideB.transposed).elements, expected, ulps: ulps(S.self), label)
  var sum = Tensor<S>.ones([m, n])
  matmul(wideA, b, addedTo: &sum)
  expectUlps(sum.elements, expected.map { $0 + 1 }, ulps: ulps(S.self), label)
}

private func checkVectors<S: RealScalar>(_: S.Type) {
  for k in [4096, 4097, 1_000_003] {
    let tenth = Double(S(0.1))
    let x = Tensor<S>(repeating: 0.1, shape: [k])
    let total = Double(k) * tenth
    expectUlps([dot(x, .ones([k]))], [total], ulps: ulps(S.self), "dot \(k) \(S.self)")
    let norm = (Double(k) * tenth * tenth).squareRoot()
    expectUlps([x.norm()], [norm], ulps: ulps(S.self), "norm \(k) \(S.self)")
    let matrix = Tensor<S>.ones([3, k])
    let tall = Tensor<S>.ones([k, 3])
    for product in [matvec(matrix, x), matvec(tall.transposed, x)] {
      expectUlps(
        product.elements, [total, total, total], ulps: ulps(S.self), "matvec \(k) \(S.self)")
    }
  }
}

private func checkAxes<S: RealScalar>(_: S.Type) {
  let k = 300_007
  let x = Tensor<S>(repeating: 0.1, shape: [k, 2])
  let tenth = Double(S(0.1))
  let total = Double(k) * tenth
  expectUlps([x.sum()], [2 * total], ulps: ulps(S.self), "\(S.self)")
  expectUlps(x.sum(axis: 0).elements, [total, total], ulps: ulps(S.self), "\(S.self)")
  expectUlps(
    x.reshaped(to: [2, k]).sum(axis: 1).elements, [total, total], ulps: ulps(S.self), "\(S.self)")
  for mean in [x.mean()] + x.mean(axis: 0).elements
    + x.reshaped(to: [2, k]).mean(axis: 1).elements
  {
    expectUlps([mean], [tenth], ulps: S.self == Float.self ? 0 : 1, "mean \(S.self)")
  }
}
