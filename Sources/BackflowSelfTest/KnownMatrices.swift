package import Backflow
internal import RealModule

/// Matrices with known figures, for the self-test and for the tests.
package enum KnownMatrices {
  /// [[L, b], [0, L]]
  package static func triangular(_ eigenvalue: Double, _ coupling: Double) -> Tensor<Double> {
    Tensor(rows: [[eigenvalue, coupling], [0, eigenvalue]])
  }

  /// The Jordan block of an eigenvalue, with `coupling` above the diagonal.
  package static func jordan(
    _ size: Int, _ eigenvalue: Double, coupling: Double = 1
  ) -> Tensor<Double> {
    var matrix = Tensor<Double>.identity(size) * eigenvalue
    for row in 1..<size { matrix[row - 1, row] = coupling }
    return matrix
  }

  /// A matrix of rank 2 with W³ = 0 in integers.
  package static let nilpotent = Tensor<Double>(rows: [[2, 2, 2], [-3, 0, 0], [1, -2, -2]])

  /// A delay line: `factor` below the diagonal, every eigenvalue 0.
  package static func delayLine(_ size: Int, factor: Double) -> Tensor<Double> {
    var matrix = Tensor<Double>.zeros([size, size])
    for row in 1..<size { matrix[row, row - 1] = factor }
    return matrix
  }

  /// Grcar's matrix: −1 below the diagonal, 1 on it and on three diagonals above.
  package static func grcar(_ size: Int) -> Tensor<Double> {
    var matrix = Tensor<Double>.zeros([size, size])
    for row in 0..<size {
      if row > 0 { matrix[row, row - 1] = -1 }
      for column in row..<min(size, row + 4) { matrix[row, column] = 1 }
    }
    return matrix
  }

  /// HiPPO-LegS: −√((2n+1)(2k+1)) below the diagonal and −(n+1) on it.
  package static func hippo(_ size: Int) -> Tensor<Double> {
    var matrix = Tensor<Double>.zeros([size, size])
    for n in 0..<size {
      for k in 0..<n { matrix[n, k] = -Double((2 * n + 1) * (2 * k + 1)).squareRoot() }
      matrix[n, n] = -Double(n + 1)
    }
    return matrix
  }

  /// Independent normal numbers with the standard deviation g·n^−½.
  package static func gaussian(_ size: Int, gain: Double, seed: UInt64) -> Tensor<Double> {
    var random = RandomSource(seed: seed)
    return random.normal([size, size]) * (gain / Double(size).squareRoot())
  }

  /// An orthogonal matrix, uniformly distributed.
  package static func orthogonal(_ size: Int, seed: UInt64) -> Tensor<Double> {
    var random = RandomSource(seed: seed)
    return Initializer.orthogonal()([size, size], using: &random)
  }
}
