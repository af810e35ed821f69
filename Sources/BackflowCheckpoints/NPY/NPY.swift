public import BackflowKernels
public import BackflowLinearAlgebra
internal import Foundation

/// NumPy's `.npy` format, one array a file, both ways.
///
/// Format versions 1 to 3; floats of 2, 4 and 8 bytes, integers of 1, 2, 4 and 8, booleans; either
/// byte order; C and Fortran order. See NEP 1, "A simple file format for NumPy arrays".
public enum NPY {
  /// The array of the file at `path`, converted to `Scalar` by way of double, rounded to nearest.
  ///
  /// - Throws: `CheckpointError` naming the file, the byte and what was expected there.
  public static func read<Scalar: RealScalar>(
    _ path: String, as type: Scalar.Type = Scalar.self
  ) throws(CheckpointError) -> Tensor<Scalar> {
    try decode(bytes(path), of: path)
  }

  /// ε of the element type that the file at `path` stores: 2⁻²³ for `<f4`. What a value read from it
  /// may be off by, relative.
  ///
  /// - Throws: as `read`, if the header cannot be read.
  public static func precision(_ path: String) throws(CheckpointError) -> Double {
    var reader = ByteReader(try bytes(path), of: path)
    return try NPYHeader(from: &reader).element.precision
  }

  /// Writes `tensor` to `path` as little-endian floats of its own precision, in C order. The file
  /// appears whole or not at all.
  ///
  /// - Throws: `CheckpointError` if the file cannot be written.
  public static func write<Scalar: RealScalar>(
    _ tensor: Tensor<Scalar>, to path: String
  ) throws(CheckpointError) {
    do {
      try Data(encode(tensor)).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw CheckpointError(path, "cannot be written: \(reason(error))")
    }
  }

  private static func bytes(_ path: String) throws(CheckpointError) -> [UInt8] {
    do {
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw CheckpointError(path, "cannot be read: \(reason(error))")
    }
  }

  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    return underlying.map { "\($0.localizedDescription)" }
      ?? (error as NSError).localizedDescription
  }
}

// MARK: - Bytes

extension NPY {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  package static func decode<Scalar: RealScalar>(
    _ bytes: [UInt8], of file: String
  ) throws(CheckpointError) -> Tensor<Scalar> {
    var reader = ByteReader(bytes, of: file)
    let header = try NPYHeader(from: &reader)
    let size = header.element.size
    let (count, overflow) = header.elementCount
    let (byteCount, tooLarge) = count.multipliedReportingOverflow(by: size)
    guard !overflow, !tooLarge else {
      throw reader.failure("the shape \(header.shape) is larger than any memory")
    }
    guard reader.remaining == byteCount else {
      throw reader.failure(
        "expected \(byteCount) bytes of data for shape \(header.shape) of \(header.element.name),"
          + " found \(reader.remaining)")
    }
    let values = header.element.values(of: try reader.take(byteCount, "the data"))
    if header.isFortranOrder {
      let reversed = Tensor<Double>(values, shape: Shape(header.shape.reversed()))
      return Tensor(reversed.permuted(header.shape.indices.reversed()))
    }
    return Tensor(Tensor<Double>(values, shape: Shape(header.shape)))
  }

  package static func encode<Scalar: RealScalar>(_ tensor: Tensor<Scalar>) -> [UInt8] {
    let size = MemoryLayout<Scalar>.size
    let extents = tensor.shape.map(String.init).joined(separator: ", ")
    let shape = "(" + extents + (tensor.rank == 1 ? ",)" : ")")
    var header = "{'descr': '<f\(size)', 'fortran_order': False, 'shape': \(shape), }"
    // The data starts at a multiple of 64 bytes; the header ends with a newline.
    let unpadded = magic.count + 4 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = header.utf8.count
    var bytes = magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(header.utf8)
    for value in Tensor<Double>(tensor).elements {
      let pattern = size == 4 ? UInt64(Float(value).bitPattern) : value.bitPattern
      for byte in 0..<size { bytes.append(UInt8(truncatingIfNeeded: pattern >> (8 * byte))) }
    }
    return bytes
  }
}
