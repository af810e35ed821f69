import Backflow
import Foundation
import TestSupport
import Testing

/// The report of one tensor.
func report(of tensor: StoredTensor, named name: String = "w") throws -> TensorReport {
  try CheckpointReport(of: Checkpoint([name: tensor])).tensors[0]
}

/// The report of one tensor as a matrix.
func matrixReport(of tensor: Tensor<Double>) throws -> MatrixReport {
  try #require(try report(of: StoredTensor(tensor)).matrix)
}

/// A file of safetensors with these tensors, of a type that `Tensor` does not have.
func safetensors(_ type: String, _ tensors: [(name: String, shape: [Int], bytes: [UInt8])]) throws
  -> Checkpoint
{
  var (entries, data) = ([String](), [UInt8]())
  for (name, shape, bytes) in tensors {
    let offsets = "[\(data.count), \(data.count + bytes.count)]"
    entries.append(
      "\"\(name)\": {\"dtype\": \"\(type)\", \"shape\": \(shape), \"data_offsets\": \(offsets)}")
    data += bytes
  }
  let header = Array("{\(entries.joined(separator: ", "))}".utf8)
  let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
  return try Checkpoint(bytes: length + header + data, name: "memory")
}

/// An orthogonal matrix, [size, size].
func orthogonal(_ size: Int, seed: UInt64) throws -> Tensor<Double> {
  try QRDecomposition(of: Tensor(samples(size * size, seed: seed), shape: [size, size])).q
}

/// A matrix, [rows, columns], with these singular values.
func matrix(_ rows: Int, _ columns: Int, singularValues: [Double]) throws -> Tensor<Double> {
  var diagonal = Tensor<Double>.zeros([rows, columns])
  for (index, value) in singularValues.enumerated() { diagonal[index, index] = value }
  return try matmul(matmul(orthogonal(rows, seed: 1), diagonal), orthogonal(columns, seed: 2))
}

/// The folder of the checkpoints that PyTorch wrote.
let torchFixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().appendingPathComponent("BackflowCheckpointsTests/Fixtures/torch")
