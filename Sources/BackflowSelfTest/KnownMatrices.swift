internal import Backflow
internal import RealModule

/// Matrices with known figures.
enum KnownMatrices {
  /// [[L, b], [0, L]]
  static func triangular(_ eigenvalue: Double, _ coupling: Double) -> Tensor<Double> {
    Tensor(rows: [[eigenvalue, coupling], [0, eigenvalue]])
  }

  /// `factor` below the diagonal.
  static func delayLine(_ size: Int, factor: Double) -> Tensor<Double> {
    var matrix = Tensor<Double>.zeros([size, size])
    for row in 1..<size { matrix[row, row - 1] = factor }
    return matrix
  }

  /// Grcar's matrix: −1 below the diagonal, 1 on it and on three diagonals above.
  static func grcar(_ size: Int) -> Tensor<Double> {
    var matrix = Tensor<Double>.zeros([size, size])
    for row in 0..<size {
      if row > 0 { matrix[row, row - 1] = -1 }
      for column in row..<min(size, row + 4) { matrix[row, column] = 1 }
    }
    return matrix
  }

  /// HiPPO-LegS: −√((2n+1)(2k+1)) below the diagonal and −(n+1) on it.
  static func hippo(_ size: Int) -> Tensor<Double> {
    var matrix = Tensor<Double>.zeros([size, size])
    for n in 0..<size {
      for k in 0..<n { matrix[n, k] = -Double((2 * n + 1) * (2 * k + 1)).squareRoot() }
      matrix[n, n] = -Double(n + 1)
    }
    return matrix
  }

  /// Independent normal numbers with the standard deviation g·n^−½.
  static func gaussian(_ size: Int, gain: Double, seed: UInt64) -> Tensor<Double> {
    var random = RandomSource(seed: seed)
    return random.normal([size, size]) * (gain / Double(size).squareRoot())
  }

  /// An orthogonal matrix, uniformly distributed.
  static func orthogonal(_ size: Int, seed: UInt64) -> Tensor<Double> {
    var random = RandomSource(seed: seed)
    return Initializer.orthogonal()([size, size], using: &random)
  }
}
