import Backflow
import ComplexModule
import Foundation
import TestSupport
import Testing

@Suite struct `The departure from normality` {
  @Test(arguments: [
    (10, 3.10664706, 2.60220078, 0.460966), (100, 3.23935504, 2.99388170, 0.4914),
  ])
  func `of Grcar's matrix has the tabulated figures`(
    size: Int, norm: Double, abscissa: Double, henrici: Double
  ) throws {
    let matrix = grcar(size)
    let result = try Nonnormality(of: matrix)
    expectClose(
      [result.frobeniusNorm * result.frobeniusNorm], [Double(5 * size - 7)],
      Tolerance(1e-10, scale: 40))
    expectClose([result.numericalAbscissa], [abscissa], Tolerance(6e-9, scale: 2))
    expectClose([try singularValues(of: matrix)[0]], [norm], Tolerance(6e-9, scale: 3))
    expectClose(
      [result.relativeHenrici], [henrici], Tolerance(size == 10 ? 6e-7 : 6e-5, scale: 0.4))
    let values = try eigenvalues(of: matrix)
    let radius = try #require(values.map(\.length).max())
    let real = try #require(values.map(\.real).max())
    expectClose(
      [radius, real], size == 10 ? [2.138443, 1.582543] : [2.262926, 1.684474],
      Tolerance(size == 10 ? 6e-7 : 1e-5, scale: 1))
    if size == 10 {
      expectClose([try #require(result.eigenvectorCondition)], [13.27], Tolerance(6e-3, scale: 13))
    } else {
      #expect(try #require(result.eigenvectorCondition) > 1e14)
    }
  }

  @Test(arguments: [1, 2, 3, 8, 31])
  func `is zero for a normal matrix`(size: Int) throws {
    let result = try Nonnormality(of: orthogonal(size, seed: UInt64(size)) * 0.99)
    let rounding = Tolerance(Double.self, length: 8 * size, scale: 1)
    expectClose([result.relativeHenrici], [0], rounding)
    expectClose([try #require(result.eigenvectorCondition)], [1], Tolerance(1e-6, scale: 1))
    let radius = try #require(result.numericalRadius)
    expectClose([radius.lowerBound, radius.upperBound], [0.99, 0.99], Tolerance(2e-8, scale: 1))
  }

  // Rotation-scaling blocks and a defective block: the exact departure is known.
  @Test func `adds the elements above the blocks`() throws {
    let q = orthogonal(5, seed: 3)
    var form = Tensor<Double>.zeros([5, 5])
    (form[0, 0], form[0, 1], form[1, 0], form[1, 1]) = (1, 5, -2, 1)
    (form[0, 3], form[2, 2], form[3, 3], form[3, 4], form[4, 4]) = (2, 0.5, 0.25, 3, -1)
    let result = try Nonnormality(of: matmul(matmul(q, form), q.transposed))
    expectClose([result.henrici], [(9.0 + 4 + 9).squareRoot()], Tolerance(1e-12, scale: 4))
  }

  @Test(arguments: [1e-150, 1e-30, 1, 1e30, 1e150])
  func `scales with the matrix`(scale: Double) throws {
    let result = try Nonnormality(of: triangular(0.5, 3) * scale)
    expectClose([result.henrici / scale], [3], Tolerance(1e-13, scale: 3))
    expectClose([result.numericalAbscissa / scale], [2], Tolerance(1e-13, scale: 2))
    let radius = try #require(result.numericalRadius)
    expectClose(
      [radius.lowerBound / scale, radius.upperBound / scale], [2, 2], Tolerance(1e-7, scale: 2))
    #expect(try #require(result.eigenvectorCondition) > 1e14)
    #expect(try roundTrip(result) == result)
  }

  @Test(arguments: [1, 2, 3, 5, 10, 20])
  func `has the numerical radius cos(π/(n+1)) for a nilpotent Jordan block`(size: Int) throws {
    let matrix = size == 1 ? Tensor<Double>.zeros([1, 1]) : jordan(size, 0)
    let radius = try #require(try Nonnormality(of: matrix).numericalRadius)
    let exact = cos(Double.pi / Double(size + 1))
    #expect(radius.lowerBound <= exact + 1e-14 && radius.upperBound >= exact - 1e-14)
    expectClose([radius.upperBound], [exact], Tolerance(2e-8, scale: 0.5))
  }

  // No angle of a fine grid has a larger value, and the bounds are close.
  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `has a numerical radius that no angle exceeds`(seed: UInt64) throws {
    let size = Int(seed) + 2
    let a = ginibre(size, seed: seed)
    let radius = try #require(try Nonnormality(of: a).numericalRadius)
    var largest = 0.0
    for step in 0...720 {
      let angle = Double.pi * Double(step) / 720
      let x = (a + a.transpose()) * (0.5 * cos(angle))
      let y = (a - a.transpose()) * (0.5 * sin(angle))
      let hermitian = Tensor.concatenate([
        Tensor.concatenate([x, -y], axis: 1), Tensor.concatenate([y, x], axis: 1),
      ])
      largest = max(largest, try #require(try symmetricEigenvalues(of: hermitian).last))
    }
    #expect(radius.upperBound >= largest)
    expectClose([radius.lowerBound], [largest], Tolerance(1e-4, scale: 1))
    expectClose([radius.lowerBound], [radius.upperBound], Tolerance(1e-7, scale: 1))
  }

  // Half of ‖A‖_F² of a Ginibre matrix, and the circular law.
  @Test(arguments: [(100, 0.035, 8.5), (400, 0.018, 16.3)])
  func `of a Ginibre matrix follows the circular law`(
    size: Int, deviation: Double, realCount: Double
  ) throws {
    #if DEBUG
      if size > 100 { return }
    #endif
    let draws = size == 100 ? 12 : 3
    var (half, radius, norm, reals) = (0.0, 0.0, 0.0, 0.0)
    for seed in 1...draws {
      let a = ginibre(size, seed: UInt64(seed))
      let values = try eigenvalues(of: a)
      let squares = values.reduce(0) { $0 + $1.lengthSquared }
      let total = a.norm() * a.norm()
      let result = try Nonnormality(of: a, withNumericalRadius: false)
      expectClose([result.henrici * result.henrici], [total - squares], Tolerance(1e-9, scale: 50))
      half += result.relativeHenrici * result.relativeHenrici / Double(draws)
      radius += try #require(values.map(\.length).max()) / Double(draws)
      norm += try singularValues(of: a)[0] / Double(draws)
      reals += Double(values.count { $0.imaginary == 0 }) / Double(draws)
    }
    let root = Double(draws).squareRoot()
    expectClose([half], [0.5], Tolerance(0.02, scale: 0.5))
    expectClose(
      [radius], [size == 100 ? 1.036 : 1.032], Tolerance(4 * deviation / root, scale: 1))
    expectClose([norm], [size == 100 ? 1.959 : 1.985], Tolerance(0.05, scale: 2))
    let expected = (2 * Double(size) / Double.pi).squareRoot() + 0.5
    // The variance of the number of real eigenvalues is (2 − √2) times its mean (Forrester and
    // Nagao, 2007).
    let spread = ((2 - 2.0.squareRoot()) * expected).squareRoot()
    expectClose([reals], [expected], Tolerance(4 * spread / root, scale: expected))
  }

  @Test func `refuses what is not a finite square matrix`() {
    for shape in [[0, 0], [2, 3], [3]] as [Shape] {
      #expect(throws: StabilityError.notSquare(shape)) {
        try Nonnormality(of: Tensor<Double>.zeros(shape))
      }
    }
    var matrix = Tensor<Double>.identity(3)
    matrix[2, 1] = .nan
    let expected = LAPACKError.nonFiniteEntry(of: "matrix", row: 2, column: 1, value: .nan)
    #expect(throws: StabilityError.linearAlgebra(expected)) { try Nonnormality(of: matrix) }
  }

  // R5: nothing in the eigenvectors, everything in the numerical range.
  @Test(arguments: [(4, 116, 86.11), (8, 1912, 7.703e4), (16, 31536, 8.32e10)])
  func `of HiPPO-LegS has the exact figures`(
    size: Int, squares: Double, condition: Double
  ) throws {
    let result = try Nonnormality(of: hippo(size), withNumericalRadius: false)
    expectClose([result.numericalAbscissa], [-0.5], Tolerance(1e-12, scale: 0.5))
    expectClose(
      [result.frobeniusNorm * result.frobeniusNorm], [squares], Tolerance(1e-9, scale: squares))
    expectClose(
      [try #require(result.eigenvectorCondition)], [condition],
      Tolerance(condition * 1e-3, scale: condition))
    let values = try eigenvalues(of: hippo(size)).map(\.real).sorted(by: >)
    expectClose(values, (1...size).map { -Double($0) }, Tolerance(1e-6, scale: 1))
  }

  @Test(arguments: [(4, 4.60329), (8, 19.85741), (16, 80.96608), (32, 325.4263), (64, 1303.274)])
  func `of HiPPO-LegS vanishes after a rank-one correction`(
    size: Int, largest: Double
  ) throws {
    let p = Tensor((0..<size).map { (Double($0) + 0.5).squareRoot() })
    let corrected = hippo(size) + outer(p, p)
    let values = try eigenvalues(of: corrected)
    expectClose(
      values.map(\.real), .init(repeating: -0.5, count: size), Tolerance(1e-8, scale: 0.5))
    let top = try #require(values.map(\.imaginary).max())
    expectClose([top], [largest], Tolerance(largest * 1e-6, scale: largest))
    let result = try Nonnormality(of: corrected, withNumericalRadius: false)
    #expect(result.relativeHenrici < 1e-13)
  }
}
