import Backflow
import BackflowSelfTest
import ComplexModule
import Foundation

func triangular(_ eigenvalue: Double, _ coupling: Double) -> Tensor<Double> {
  KnownMatrices.triangular(eigenvalue, coupling)
}

func jordan(_ size: Int, _ eigenvalue: Double, coupling: Double = 1) -> Tensor<Double> {
  KnownMatrices.jordan(size, eigenvalue, coupling: coupling)
}

func ginibre(_ size: Int, seed: UInt64) -> Tensor<Double> {
  KnownMatrices.gaussian(size, gain: 1, seed: seed)
}

func hippo(_ size: Int) -> Tensor<Double> { KnownMatrices.hippo(size) }

func grcar(_ size: Int) -> Tensor<Double> { KnownMatrices.grcar(size) }

func orthogonal(_ size: Int, seed: UInt64 = 1) -> Tensor<Double> {
  KnownMatrices.orthogonal(size, seed: seed)
}

func delayLine(_ size: Int, factor: Double) -> Tensor<Double> {
  KnownMatrices.delayLine(size, factor: factor)
}

let nilpotent = KnownMatrices.nilpotent

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
