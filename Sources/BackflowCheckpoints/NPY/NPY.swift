internal import BackflowFiles
public import BackflowKernels
public import BackflowLinearAlgebra

/// Reading and writing of NumPy's `.npy` format, with one array in each file.
///
/// Format versions 1 to 3 are supported, with floats of 2, 4, and 8 bytes, integers of 1, 2, 4, and
/// 8 bytes, and booleans, in either byte order, in C and Fortran order, with at most 8 axes; a
/// `Checkpoint` also reads complex numbers and more axes. A header is accepted or rejected as by
/// NumPy. See NEP 1, "A simple file format for NumPy arrays".
public enum NPY {
  /// Reads the array in the file at `path`, converted to `Scalar` through double precision,
  /// rounding to nearest. If the file has several arrays, the first one is read. Little more memory
  /// is needed than for the array.
  ///
  /// - Throws: `CheckpointError` with the file, the byte, and what was expected there.
  public static func read<Scalar: RealScalar>(
    _ path: String, as type: Scalar.Type = Scalar.self
  ) throws(CheckpointError) -> Tensor<Scalar> {
    try decode(ByteSource(contentsOf: path))
  }

  /// Writes `tensor` to `path` as little-endian floats of the same precision, in C order.
  ///
  /// The file is written completely or not at all, and has the permissions of the file that it
  /// replaces. Symbolic links are followed. Pipes and devices are written to rather than replaced.
  ///
  /// - Throws: `CheckpointError` if the file cannot be written.
  public static func write<Scalar: RealScalar>(
    _ tensor: Tensor<Scalar>, to path: String
  ) throws(CheckpointError) {
    do {
      try WholeFile.write(to: path) { writer throws(FileError) in
        try writer.write(header(descr(of: tensor), Array(tensor.shape)))
        try StoredTensor(tensor).write(to: writer)
      }
    } catch {
      throw CheckpointError(error)
    }
  }
}

// MARK: - Bytes

extension NPY {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  package static func decode<Scalar: RealScalar>(
    _ bytes: [UInt8], of file: String
  ) throws(CheckpointError) -> Tensor<Scalar> {
    try decode(ByteSource(bytes, of: file))
  }

  private static func decode<Scalar: RealScalar>(
    _ source: ByteSource
  ) throws(CheckpointError) -> Tensor<Scalar> {
    var reader = ByteReader(source)
    let header = try NPYHeader(from: &reader, for: .tensor)
    guard header.shape.allSatisfy({ $0 <= Shape.maximumExtent }) else {
      throw tooLarge(header, reader)
    }
    return try array(header, reader).values()
  }

  /// Returns the array whose data follow the header that `reader` has read. Bytes after the data
  /// are ignored, as by NumPy.
  static func array(
    _ header: NPYHeader, _ reader: ByteReader
  ) throws(CheckpointError) -> StoredTensor {
    let element = try header.element.get()
    let (count, overflow) = header.elementCount
    let (byteCount, isTooLarge) = count.multipliedReportingOverflow(by: element.type.size)
    guard !overflow, !isTooLarge else { throw tooLarge(header, reader) }
    guard reader.remaining >= byteCount else {
      throw reader.failure(
        "expected \(byteCount) bytes of data for shape \(header.shape) of"
          + " \(escaped(header.descr, limit: 30)), found \(reader.remaining)")
    }
    return try StoredTensor(
      shape: header.shape, type: element.type,
      source: reader.source.part(reader.offset..<reader.offset + byteCount),
      isBigEndian: element.isBigEndian, strides: header.strides)
  }

  private static func tooLarge(_ header: NPYHeader, _ reader: ByteReader) -> CheckpointError {
    reader.failure("an array of shape \(header.shape) does not fit in memory")
  }

  package static func encode<Scalar: RealScalar>(_ tensor: Tensor<Scalar>) -> [UInt8] {
    header(descr(of: tensor), Array(tensor.shape)) + tensor.span.byteArray
  }

  private static func descr<Scalar: RealScalar>(of _: Tensor<Scalar>) -> String {
    "<f\(MemoryLayout<Scalar>.size)"
  }

  /// Returns the header of an array in C order.
  static func header(_ descr: String, _ shape: [Int]) -> [UInt8] {
    let extents = shape.map(String.init).joined(separator: ", ")
    let tuple = "(" + extents + (shape.count == 1 ? ",)" : ")")
    var header = "{'descr': '\(descr)', 'fortran_order': False, 'shape': \(tuple), }"
    // The data start at a multiple of 64 bytes, and the header ends with a newline.
    let unpadded = magic.count + 4 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = header.utf8.count
    return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(header.utf8)
  }
}
