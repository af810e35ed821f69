import Backflow
import ComplexModule
import Foundation
import TestSupport
import Testing

@Suite struct `The Kreiss bracket` {
  // K = b/(4d) + d/b if b ≥ 2d, with d = 1 − L.
  @Test(arguments: [
    (0, 3), (0, 10), (0.9, 10), (0.5, 1.5), (0.99, 1), (0.2, 100), (0.999, 0.01), (0, 2.5),
  ])
  func `contains the closed form of a triangular matrix`(
    eigenvalue: Double, coupling: Double
  ) throws {
    let distance = 1 - eigenvalue
    let exact = coupling / (4 * distance) + distance / coupling
    let result = try KreissBracket(of: triangular(eigenvalue, coupling), tolerance: 1e-7)
    #expect(result.lower <= exact * (1 + 1e-12) && exact <= result.upper * (1 + 1e-12), "\(result)")
    #expect(result.upper / result.lower < 1 + 1.5e-7, "\(result) \(result.problemCount)")
    let z = try #require(result.maximizer)
    let sigma = try sigmaMin(triangular(eigenvalue, coupling), z)
    expectClose([(z.length - 1) / sigma], [result.lower], Tolerance(1e-8 * exact, scale: exact))
  }

  @Test(arguments: [((0, 3), 1.0833333), ((0, 10), 2.6), ((0.9, 10), 25.01)])
  func `has the tabulated values`(arguments: (Double, Double), value: Double) throws {
    let result = try KreissBracket(of: triangular(arguments.0, arguments.1), tolerance: 5e-8)
    expectClose([result.lower, result.upper], [value, value], Tolerance(2e-6, scale: value))
  }

  @Test(arguments: [0, 0.5, 0.9]) func `is 1 if the coupling is small`(eigenvalue: Double) throws {
    let result = try KreissBracket(of: triangular(eigenvalue, 1.9 * (1 - eigenvalue)))
    #expect(result.lower == 1 && result.upper == 1 && result.maximizer == nil)
  }

  @Test(arguments: [1, 2, 7, 40]) func `is 1 for a contraction`(size: Int) throws {
    let result = try KreissBracket(of: orthogonal(size, seed: 4) * 0.99)
    #expect(result.lower == 1 && result.upper == 1 && !result.isUndecided)
    #expect(try roundTrip(result) == result)
  }

  // The published value is a lower bound.
  @Test func `of a Jordan block is at least the known value`() throws {
    let result = try KreissBracket(of: jordan(10, 0.5), tolerance: 1e-5)
    #expect(result.lower >= 28.829 && result.lower <= 28.832, "\(result)")
    #expect(result.upper >= result.lower && result.upper <= result.lower * (1 + 2e-5), "\(result)")
  }

  // No point of a fine grid outside the disk exceeds the upper bound.
  @Test(arguments: 1...6 as ClosedRange<UInt64>, [0, 400])
  func `is valid for random matrices with any effort`(seed: UInt64, problems: Int) throws {
    let size = 2 + Int(seed)
    var matrix = ginibre(size, seed: seed)
    matrix = matrix * (0.9 / (try spectralRadius(of: matrix)))
    for row in 1..<size { matrix[row - 1, row] += 1 }
    matrix = matrix * (0.95 / (try spectralRadius(of: matrix)))
    let result = try KreissBracket(of: matrix, tolerance: 1e-4, maximumProblems: problems)
    var largest = 1.0
    for step in 0..<40 {
      let radius = 1 + exp(Double(step - 20) / 5)
      for angle in 0...60 {
        let z = Complex(length: radius, phase: Double.pi * Double(angle) / 60)
        largest = max(largest, (radius - 1) / (try sigmaMin(matrix, z)))
      }
    }
    #expect(largest <= result.upper * (1 + 1e-12), "\(result)")
    #expect(result.lower <= result.upper)
    #expect(result.lower >= largest * 0.98, "\(result), \(largest)")
    let growth = try PowerGrowth(of: matrix)
    #expect(growth.isComplete)
    #expect(result.lower <= growth.peakNorm * (1 + 1e-12))
    #expect(result.upper <= growth.peakNorm * 1.001)
    if problems > 0 { #expect(result.upper <= result.lower * 1.0002, "\(result)") }
  }

  @Test func `is infinite for an eigenvalue outside, and undecided on the circle`() throws {
    for matrix in [orthogonal(5) * 1.01, triangular(1.5, 1), grcar(10)] {
      for problems in [0, 20] {
        let result = try KreissBracket(of: matrix, maximumProblems: problems)
        #expect(result.lower == .infinity && result.upper == .infinity && !result.isUndecided)
        #expect(try roundTrip(result) == result)
      }
    }
    for matrix in [orthogonal(5), jordan(3, 1), triangular(1, 1)] {
      let result = try KreissBracket(of: matrix)
      #expect(result.isUndecided && result.lower >= 1 && result.upper == .infinity, "\(result)")
    }
  }

  #if DEBUG
    private static let copies = [1, 3, 20]
  #else
    private static let copies = [1, 3, 20, 64, 128]
  #endif

  // Copies of a triangular matrix on the diagonal, rotated, have its constant.
  @Test(arguments: copies) func `of a large matrix contains the closed form`(copies: Int) throws {
    let (block, exact) = (triangular(0.9, 2), 2 / 0.4 + 0.1 / 2)
    var matrix = Tensor<Double>.zeros([2 * copies, 2 * copies])
    for copy in 0..<copies {
      for (row, column) in [(0, 0), (0, 1), (1, 1)] {
        matrix[2 * copy + row, 2 * copy + column] = block[row, column]
      }
    }
    let q = orthogonal(2 * copies, seed: 5)
    matrix = matmul(q, matmul(matrix, q.transposed))
    let result = try KreissBracket(of: matrix, maximumProblems: copies > 20 ? 0 : 4)
    // The rotation rounds the matrix, and the constant changes by K² times that at most.
    let rounding = 1e-14 * Double(copies) * exact * exact
    #expect(result.lower <= exact + rounding && exact - rounding <= result.upper, "\(result)")
    let quick = try MatrixAnalysis(of: matrix, effort: .quick).kreiss
    #expect(quick.lower <= exact + rounding && exact - rounding <= quick.upper)
    #expect(quick.upper < .infinity)
  }

  // The quick effort computes 64 powers of 65 rows. The element above the diagonal of the last one
  // is (0.99⁶⁴ − 0.9⁶⁴)/0.09 ≈ 5.8.
  @Test func `has no upper bound while no power is less than 1`() throws {
    var matrix = Tensor<Double>.zeros([65, 65])
    (matrix[0, 0], matrix[0, 1], matrix[1, 1]) = (0.99, 1, 0.9)
    let quick = try MatrixAnalysis(of: matrix, effort: .quick)
    #expect(quick.kreiss.lacksUpperBound && !quick.kreiss.isUndecided)
    #expect(quick.kreiss.description.contains("no upper bound"))
    #expect(quick.omissions.contains { $0.contains("not bounded from above within 64 powers") })
    let more = try KreissBracket(of: matrix)
    #expect(!more.lacksUpperBound && more.upper <= more.lower * 1.002)
    #expect(quick.kreiss.lower >= 1 && quick.kreiss.lower <= more.upper)
    let growing = try MatrixAnalysis(of: matrix * 1.1, effort: .quick).kreiss
    #expect(growing.lower == .infinity && !growing.lacksUpperBound)
  }

  @Test(arguments: [1, 2, 33], [1e-150, 1e-10, 0.99, 1.01, 1e10, 1e150])
  func `of a multiple of a rotation is 1 or infinite`(size: Int, scale: Double) throws {
    let matrix = orthogonal(size, seed: 6) * scale
    for result in [
      try KreissBracket(of: matrix, maximumProblems: 4),
      try MatrixAnalysis(of: matrix, effort: .quick).kreiss,
    ] {
      #expect(result.lower == (scale < 1 ? 1 : .infinity) && !result.isUndecided, "\(result)")
      #expect(result.upper <= (scale < 1 ? 1 + 1e-12 : .infinity))
    }
  }

  @Test func `of a delay line is below its largest power`() throws {
    let result = try KreissBracket(of: delayLine(20, factor: 1.1), tolerance: 1e-3)
    #expect(result.upper < 6.1159 && result.lower > 1)
    #expect(result.upper <= result.lower * 1.002, "\(result)")
  }

  @Test func `does not underflow`() throws {
    let result = try KreissBracket(of: jordan(2, 0, coupling: 1e-150))
    #expect(result.lower == 1 && result.upper == 1)
  }

  // The exact powers prove more than the eigenvalues, which a change of the matrix by ε·b moves by
  // √ε·b.
  @Test func `contains the constant of a large nilpotent matrix`() throws {
    let (scale, exact) = (1e20, 2.5e19)
    let result = try KreissBracket(of: jordan(2, 0, coupling: scale), maximumProblems: 100)
    #expect(result.lower <= exact * (1 + 1e-12) && exact <= result.upper, "\(result)")
    #expect(result.upper <= scale)
  }

  @Test func `is undecided for a nilpotent matrix out of the range of powers`() throws {
    let result = try KreissBracket(of: jordan(2, 0, coupling: 1e150), maximumProblems: 100)
    #expect(result.isUndecided && result.upper == .infinity)
    #expect(result.lower >= 1 && result.lower <= 2.5e149 * (1 + 1e-12))
  }

  // R5: no transient growth at all, in spite of the eigenvectors.
  @Test(arguments: [4, 8, 16, 64])
  func `of HiPPO-LegS in the half-plane is 1`(size: Int) throws {
    let result = try KreissBracket(of: hippo(size), region: .leftHalfPlane)
    #expect(result.lower == 1 && result.upper == 1)
  }

  // With t = x + d on the real axis and s² + bs = t², as for the disk.
  @Test(arguments: [(-0.5, 3), (-1.0, 10), (-0.01, 2)])
  func `in the half-plane contains the closed form`(eigenvalue: Double, coupling: Double) throws {
    let distance = -eigenvalue
    let exact = coupling / (4 * distance) + distance / coupling
    let result = try KreissBracket(
      of: triangular(eigenvalue, coupling), region: .leftHalfPlane, tolerance: 1e-6)
    #expect(result.lower <= exact * (1 + 1e-12) && exact <= result.upper * (1 + 1e-12), "\(result)")
    #expect(result.upper <= result.lower * (1 + 2e-6), "\(result) \(result.problemCount)")
  }

  @Test func `in the half-plane is infinite for an eigenvalue outside`() throws {
    let result = try KreissBracket(of: triangular(0.1, 1), region: .leftHalfPlane)
    #expect(result.lower == .infinity && result.upper == .infinity)
    let edge = try KreissBracket(of: triangular(0, 1), region: .leftHalfPlane)
    #expect(edge.isUndecided && edge.upper == .infinity)
  }

  @Test func `refuses an empty matrix`() {
    #expect(throws: StabilityError.notSquare([0, 0])) {
      try KreissBracket(of: Tensor<Double>.zeros([0, 0]))
    }
  }
}
