import BackflowKernels
import BackflowLinearAlgebra
import ComplexModule
import Foundation
import TestSupport
import Testing

/// Matrices for which all eigenvalues are computed, because the Arnoldi iteration is not certain of
/// the largest.
@Suite struct `The spectral radius by all eigenvalues` {
  private func expectObstacles(
    _ matrix: Tensor<Double>, _ obstacles: [SpectralRadiusObstacle], _ expected: Double? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for method in try checkRadius(matrix, sourceLocation: sourceLocation) {
      #expect(
        obstacles.contains { method == .allEigenvalues($0) }, "\(method)",
        sourceLocation: sourceLocation)
    }
    guard let expected else { return }
    let radius = try spectralRadius(of: matrix)
    expectClose(
      [radius], [expected], Tolerance(Double.self, length: matrix.shape[0], scale: matrix.scale),
      sourceLocation: sourceLocation)
  }

  @Test(arguments: [1, 2, 3, 64, 191])
  func `of a small matrix`(order: Int) throws {
    try expectObstacles(gaussian(order), [.smallMatrix])
  }

  @Test func `of zero, triangular and nilpotent matrices, exactly`() throws {
    let order = 256
    try expectObstacles(.zeros([order, order]), [.unbalanced], 0)
    try expectObstacles(.identity(order) * -3, [.unbalanced], 3)
    var triangular = gaussian(order)
    for row in 0..<order {
      for column in 0...row { triangular[row, column] = 0 }
    }
    let permutation = (0..<order).map { ($0 * 7 + 3) % order }
    try expectObstacles(permuted(triangular, permutation), [.unbalanced])
    #expect(try spectralRadius(of: permuted(triangular, permutation)) == 0)
    triangular[5, 5] = -2
    #expect(try spectralRadius(of: permuted(triangular, permutation)) == 2)
  }

  @Test func `of a badly scaled matrix`() throws {
    var matrix = gaussian(256)
    for index in 0..<256 {
      matrix[index, 0] *= 100
      matrix[0, index] /= 100
    }
    try expectObstacles(matrix, [.unbalanced])
  }

  /// All moduli are equal.
  @Test(arguments: [192, 256, 512])
  func `of a scaled orthogonal matrix and of matrices close to one`(order: Int) throws {
    let q = try QRDecomposition(of: randomMatrix([order, order]) as Tensor<Double>).q
    try expectObstacles(q * 0.7, [.equalSingularValues], 0.7)
    try expectObstacles(q + 0.005 * gaussian(order), [.equalSingularValues])
    try expectObstacles(q + 0.1 * gaussian(order), [.unconverged])
    // The eighth power consists of several cycles, each of which is found completely.
    var cycle = Tensor<Double>.zeros([order, order])
    for row in 0..<order { cycle[row, (row + 1) % order] = row.isMultiple(of: 2) ? 4 : 1 }
    try expectObstacles(cycle, [.unconverged, .residual, .cluster], 2)
  }

  @Test(arguments: [200, 256])
  func `of matrices with eigenvalues in pairs of opposite signs`(order: Int) throws {
    let half = gaussian(order / 2)
    var symmetric = Tensor<Double>.zeros([order, order])
    for row in 0..<order / 2 {
      for column in 0..<order / 2 {
        symmetric[row, order / 2 + column] = half[row, column]
        symmetric[order / 2 + column, row] = half[row, column]
      }
    }
    let largest = try #require(try singularValues(of: half).first)
    try expectObstacles(
      symmetric, [.unconverged, .residual, .disagreement, .sensitive, .cluster], largest)
    let skew = gaussian(order) - gaussian(order).transpose()
    let norm = try #require(try singularValues(of: skew).first)
    try expectObstacles(skew, [.unconverged, .residual, .disagreement, .sensitive, .cluster], norm)
  }

  /// 2 + 2 cos(π/(n + 1)), of which the next ones are less than π²/n² away.
  @Test(arguments: [256, 400])
  func `of a second difference`(order: Int) throws {
    try expectObstacles(
      toeplitz(order, [-1: -1, 0: 2, 1: -1]), [.unconverged],
      2 + 2 * cos(.pi / Double(order + 1)))
  }

  @Test func `of a companion matrix with its roots on a circle`() throws {
    var companion = Tensor<Double>.zeros([200, 200])
    for column in 0..<200 { companion[0, column] = -1 }
    for row in 1..<200 { companion[row, row - 1] = 1 }
    try expectObstacles(companion, [.unconverged], 1)
  }

  /// Residuals bound nothing: every point of a large set is an eigenvalue up to rounding (Trefethen
  /// and Embree, "Spectra and Pseudospectra", 2005, section 7).
  @Test(arguments: [200, 256, 400])
  func `of strongly nonnormal matrices`(order: Int) throws {
    let grcar = toeplitz(order, [-1: -1, 0: 1, 1: 1, 2: 1, 3: 1])
    let sensitive: [SpectralRadiusObstacle] = [
      .unconverged, .sensitive, .disagreement, .residual, .cluster,
    ]
    try expectObstacles(grcar, sensitive)
    try expectObstacles(toeplitz(order, [-1: 0.25, 0: 0.5, 1: 1]), sensitive)
    try expectObstacles(try rotated(toeplitz(order, [0: 0.5, 1: 1])), sensitive)
    try expectObstacles(try rotated(toeplitz(order, [1: 1])), sensitive)
    // A small block in a matrix that is otherwise harmless.
    let block = blockDiagonal([gaussian(order - 6) * 0.5, toeplitz(6, [0: 0.9, 1: 1])])
    try expectObstacles(try rotated(block), sensitive)
  }

  @Test func `of matrices that are not finite or whose radius overflows reports it`() {
    var matrix = gaussian(256)
    matrix[3, 1] = .infinity
    #expect(
      throws: LAPACKError.nonFiniteEntry(
        of: "matrix", row: 3, column: 1, value: .positiveInfinity)
    ) { try spectralRadius(of: matrix) }
    let huge = Tensor<Float>(repeating: .greatestFiniteMagnitude, shape: [256, 256])
    #expect(throws: LAPACKError.overflow(routine: "geev")) { try spectralRadius(of: huge) }
  }
}

/// Matrices for which a careless iteration finds another eigenvalue than the largest. Either method
/// may answer.
@Suite struct `The spectral radius is not that of a neighbor` {
  @Test(arguments: [1e-3, 1e-5, 1e-6, 1e-7, 1e-9, 1e-12], [1.0, -1.0])
  func `of two real eigenvalues`(gap: Double, sign: Double) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      var diagonal = Tensor<Double>((0..<256).map { 0.8 * pow(0.98, Double($0)) })
      diagonal[0] = 1 - gap
      diagonal[1] = sign
      let radius = try spectralRadius(of: try rotated(.diagonal(diagonal), seed: seed))
      expectClose([radius], [1], Tolerance(Double.self, length: 256, scale: 1))
    }
  }

  @Test(arguments: [1e-3, 1e-6, 1e-8], [0, 1e-6, 0.5])
  func `of two complex pairs`(gap: Double, turn: Double) throws {
    let matrix = blockDiagonal([
      rotation(1 - gap, 0.7), rotation(1, 0.7 + turn), gaussian(296) * 0.8,
    ])
    for seed in 1...3 as ClosedRange<UInt64> {
      let radius = try spectralRadius(of: try rotated(matrix, seed: seed))
      expectClose([radius], [1], Tolerance(Double.self, length: 300, scale: 3))
    }
  }

  /// As in a gate without recurrence, where the dominant vectors have few elements.
  @Test(arguments: [1.001, 1.05, 3])
  func `of a block that the rest does not reach`(radius: Double) throws {
    let matrix = blockDiagonal([gaussian(253) * 0.9, rotation(radius, 2), rotation(1, 1)])
    expectClose(
      [try spectralRadius(of: matrix)], [radius], Tolerance(Double.self, length: 257, scale: 3))
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `of many Gaussian matrices`(seed: UInt64) throws {
    try checkRadius(gaussian(200 + Int(seed), seed: 100 + seed))
  }
}
