import Backflow
import ComplexModule
import Foundation
import TestSupport
import Testing

@Suite struct `A pseudospectrum` {
  @Test func `of Grcar's matrix has the published radius and abscissa`() throws {
    #if !DEBUG
      let matrix = grcar(100)
      expectClose(
        [try pseudospectralRadius(of: matrix, epsilon: 1e-4)], [2.8521561],
        Tolerance(6e-8, scale: 2))
      expectClose(
        [try pseudospectralAbscissa(of: matrix, epsilon: 1e-4)], [2.4127649],
        Tolerance(6e-8, scale: 2))
      let height = try #require(try eigenvalues(of: matrix).map(\.imaginary).max())
      expectClose([height], [2.2617668], Tolerance(1e-5, scale: 2))
    #endif
  }

  // σ_min of [[L − z, b], [0, L − z]] is s with s² + bs = |z − L|².
  @Test(arguments: [1e-150, 1e-8, 1, 1e8, 1e150], [1e-6, 1e-2, 1.0])
  func `of a triangular matrix is a disk`(scale: Double, epsilon: Double) throws {
    let (matrix, level) = (triangular(0.5, 3) * scale, epsilon * scale)
    let reach = 0.5 + (epsilon * epsilon + 3 * epsilon).squareRoot()
    let radius = try pseudospectralRadius(of: matrix, epsilon: level) / scale
    let abscissa = try pseudospectralAbscissa(of: matrix, epsilon: level) / scale
    expectClose([radius, abscissa], [reach, reach], Tolerance(1e-8, scale: reach))
  }

  @Test(arguments: [1, 2, 5, 12])
  func `of a normal matrix extends the spectrum by ε`(size: Int) throws {
    let matrix = orthogonal(size, seed: 5) * 0.7
    let abscissa = try #require(try eigenvalues(of: matrix).map(\.real).max())
    for epsilon in [1e-3, 0.2] {
      expectClose(
        [
          try pseudospectralRadius(of: matrix, epsilon: epsilon),
          try pseudospectralAbscissa(of: matrix, epsilon: epsilon),
        ], [0.7 + epsilon, abscissa + epsilon], Tolerance(1e-8, scale: 1))
    }
  }

  @Test(arguments: [1e-3, 1])
  func `of the zero matrix is the disk of radius ε`(epsilon: Double) throws {
    let zero = Tensor<Double>.zeros([3, 3])
    expectClose(
      [
        try pseudospectralRadius(of: zero, epsilon: epsilon),
        try pseudospectralAbscissa(of: zero, epsilon: epsilon),
      ], [epsilon, epsilon], Tolerance(3e-9 * epsilon, scale: epsilon))
  }

  // Every point of a fine grid is tested by a singular value decomposition.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `reaches as far as on a grid`(seed: UInt64) throws {
    let matrix = ginibre(Int(seed) + 2, seed: seed)
    let (epsilon, count) = (0.2, 60)
    var (radius, abscissa) = (0.0, -Double.infinity)
    for row in 0...count {
      for column in 0...2 * count {
        let z = Complex(
          Double(column - count) * 2.5 / Double(count), Double(row) * 2.5 / Double(count))
        guard try sigmaMin(matrix, z) <= epsilon else { continue }
        (radius, abscissa) = (max(radius, z.length), max(abscissa, z.real))
      }
    }
    let exactRadius = try pseudospectralRadius(of: matrix, epsilon: epsilon)
    let exactAbscissa = try pseudospectralAbscissa(of: matrix, epsilon: epsilon)
    #expect((radius...radius + 0.06).contains(exactRadius))
    #expect((abscissa...abscissa + 0.06).contains(exactAbscissa))
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `on a grid agrees with singular value decompositions`(seed: UInt64) throws {
    let size = [1, 2, 3, 9, 16][Int(seed) - 1]
    let matrix = seed == 5 ? grcar(size) : ginibre(size, seed: seed)
    let grid = try Pseudospectrum(
      of: matrix, real: -2...2, imaginary: -1.5...1.5, columns: 7, rows: 5)
    #expect(grid.logSigma.shape == [5, 7])
    for (row, y) in grid.imaginaryParts.enumerated() {
      for (column, x) in grid.realParts.enumerated() {
        let expected = log10(try sigmaMin(matrix, Complex(x, y)))
        expectClose([grid.logSigma[row, column]], [expected], Tolerance(1e-9, scale: 1))
      }
    }
    let far = try Pseudospectrum(
      of: matrix * 1e150, real: -2e150...2e150, imaginary: -1.5e150...1.5e150, columns: 7, rows: 5)
    expectClose(
      far.logSigma.elements, grid.logSigma.elements.map { $0 + 150 }, Tolerance(1e-9, scale: 150))
  }

  @Test func `is −∞ at an eigenvalue`() throws {
    let grid = try Pseudospectrum(
      of: delayLine(4, factor: 1), real: -1...1, imaginary: -1...1, columns: 3, rows: 3)
    #expect(grid.logSigma[1, 1] == -.infinity)
    #expect(grid.logSigma[1, 2].isFinite)
  }

  @Test func `needs a positive level`() {
    for epsilon in [0, -1, Double.nan, .infinity] {
      #expect(throws: StabilityError.self) {
        try pseudospectralRadius(of: .identity(2), epsilon: epsilon)
      }
      #expect(throws: StabilityError.self) {
        try pseudospectralAbscissa(of: .identity(2), epsilon: epsilon)
      }
    }
    #expect(throws: StabilityError.notSquare([0, 0])) {
      try pseudospectralRadius(of: .zeros([0, 0]), epsilon: 1)
    }
  }
}
