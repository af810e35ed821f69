import Backflow
import ComplexModule
import Foundation

/// [[L, b], [0, L]]
func triangular(_ eigenvalue: Double, _ coupling: Double) -> Tensor<Double> {
  Tensor(rows: [[eigenvalue, coupling], [0, eigenvalue]])
}

/// The Jordan block of an eigenvalue.
func jordan(_ size: Int, _ eigenvalue: Double, coupling: Double = 1) -> Tensor<Double> {
  var matrix = Tensor<Double>.identity(size) * eigenvalue
  for row in 1..<size { matrix[row - 1, row] = coupling }
  return matrix
}

/// Independent normal numbers with the standard deviation n^−½.
func ginibre(_ size: Int, seed: UInt64) -> Tensor<Double> {
  var random = RandomSource(seed: seed)
  return random.normal([size, size]) * (1 / Double(size).squareRoot())
}

/// HiPPO-LegS: −√((2n+1)(2k+1)) below the diagonal and −(n+1) on it.
func hippo(_ size: Int) -> Tensor<Double> {
  var matrix = Tensor<Double>.zeros([size, size])
  for n in 0..<size {
    for k in 0..<n { matrix[n, k] = -Double((2 * n + 1) * (2 * k + 1)).squareRoot() }
    matrix[n, n] = -Double(n + 1)
  }
  return matrix
}

/// The matrix R2 of rank 2 with W³ = 0.
let nilpotent = Tensor<Double>(rows: [[2, 2, 2], [-3, 0, 0], [1, -2, -2]])

/// σ_min(zI − A) by a singular value decomposition of the real form of order 2n.
func sigmaMin(_ a: Tensor<Double>, _ z: Complex<Double>) throws -> Double {
  let n = a.shape[0]
  let x = Tensor<Double>.identity(n) * z.real - a
  let y = Tensor<Double>.identity(n) * z.imaginary
  let top = Tensor.concatenate([x, -y], axis: 1)
  let bottom = Tensor.concatenate([y, x], axis: 1)
  return try singularValues(of: Tensor.concatenate([top, bottom])).last ?? 0
}

/// Encodes and decodes a value through JSON.
func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
  try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
}
