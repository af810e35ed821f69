internal import BackflowFiles
public import BackflowKernels
public import BackflowLinearAlgebra

/// Reading and writing of NumPy's `.npy` format, with one array in each file.
///
/// Format versions 1 to 3 are supported, with floats of 2, 4, and 8 bytes, integers of 1, 2, 4, and
/// 8 bytes, and booleans, in either byte order, in C and Fortran order, with at most 8 axes. A
/// header is accepted or rejected as by NumPy. See NEP 1, "A simple file format for NumPy arrays".
public enum NPY {
  /// Reads the array in the file at `path`, converted to `Scalar` through double precision,
  /// rounding to nearest. If the file has several arrays, the first one is read. Little more memory
  /// is needed than for the array.
  ///
  /// - Throws: `CheckpointError` with the file, the byte, and what was expected there.
  public static func read<Scalar: RealScalar>(
    _ path: String, as type: Scalar.Type = Scalar.self
  ) throws(CheckpointError) -> Tensor<Scalar> {
    try readWithPrecision(path).tensor
  }

  /// Reads the array in the file at `path` like `read`, and the machine epsilon of the type of its
  /// elements, which bounds the relative error of its values: 2⁻²³ for `<f4`.
  ///
  /// - Throws: `CheckpointError` with the file, the byte, and what was expected there.
  public static func readWithPrecision<Scalar: RealScalar>(
    _ path: String, as type: Scalar.Type = Scalar.self
  ) throws(CheckpointError) -> (tensor: Tensor<Scalar>, precision: Double) {
    var reader = ByteReader(ByteSource(try open(path)))
    return try decode(&reader)
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
      try WholeFile.write(to: path) { writer throws(FileError) in try write(tensor, to: writer) }
    } catch {
      throw CheckpointError(error)
    }
  }

  private static func open(_ path: String) throws(CheckpointError) -> InputFile {
    do {
      return try InputFile(path)
    } catch {
      throw CheckpointError(error)
    }
  }
}

// MARK: - Bytes

extension NPY {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The number of elements to read or write at a time.
  private static let pieceLength = 1 << 14

  static func read<Scalar: RealScalar>(
    _ file: InputFile
  ) throws(CheckpointError) -> Tensor<Scalar> {
    var reader = ByteReader(ByteSource(file))
    return try decode(&reader).tensor
  }

  package static func decode<Scalar: RealScalar>(
    _ bytes: [UInt8], of file: String
  ) throws(CheckpointError) -> Tensor<Scalar> {
    var reader = ByteReader(bytes, of: file)
    return try decode(&reader).tensor
  }

  private static func decode<Scalar: RealScalar>(
    _ reader: inout ByteReader
  ) throws(CheckpointError) -> (tensor: Tensor<Scalar>, precision: Double) {
    let header = try NPYHeader(from: &reader)
    let (count, overflow) = header.elementCount
    let (byteCount, tooLarge) = count.multipliedReportingOverflow(by: header.element.size)
    guard !overflow, !tooLarge else {
      throw reader.failure("an array of shape \(header.shape) does not fit in memory")
    }
    guard reader.remaining >= byteCount else {
      throw reader.failure(
        "expected \(byteCount) bytes of data for shape \(header.shape) of"
          + " \(escaped(header.element.name, limit: 30)), found \(reader.remaining)")
    }
    var tensor = Tensor<Scalar>(uninitialized: Shape(header.shape))
    var places = FortranPlaces(header.shape)
    for start in stride(from: 0, to: count, by: pieceLength) {
      let length = min(pieceLength, count - start)
      let bytes = try reader.take(length * header.element.size, "the data")
      let values = header.element.values(of: bytes)
      let piece = Tensor<Scalar>(Tensor(values))
      if header.isFortranOrder, header.shape.count > 1 {
        places.scatter(piece.span, into: tensor.mutableSpan)
      } else {
        Blocks.copy(
          count: 1, length: length, from: piece.span, at: 0, stride: 0, into: tensor.mutableSpan,
          at: start, stride: 0)
      }
    }
    return (tensor, header.element.precision)
  }

  static func write<Scalar: RealScalar>(
    _ tensor: Tensor<Scalar>, to writer: FileWriter
  ) throws(FileError) {
    try writer.write(header(of: tensor))
    for start in stride(from: 0, to: tensor.count, by: pieceLength) {
      let end = min(start + pieceLength, tensor.count)
      try writer.write(bytes(of: tensor, start..<end))
    }
  }

  package static func encode<Scalar: RealScalar>(_ tensor: Tensor<Scalar>) -> [UInt8] {
    header(of: tensor) + bytes(of: tensor, 0..<tensor.count)
  }

  private static func header<Scalar: RealScalar>(of tensor: Tensor<Scalar>) -> [UInt8] {
    let size = MemoryLayout<Scalar>.size
    let extents = tensor.shape.map(String.init).joined(separator: ", ")
    let shape = "(" + extents + (tensor.rank == 1 ? ",)" : ")")
    var header = "{'descr': '<f\(size)', 'fortran_order': False, 'shape': \(shape), }"
    // The data start at a multiple of 64 bytes, and the header ends with a newline.
    let unpadded = magic.count + 4 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = header.utf8.count
    return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(header.utf8)
  }

  private static func bytes<Scalar: RealScalar>(
    of tensor: Tensor<Scalar>, _ range: Range<Int>
  ) -> [UInt8] {
    let size = MemoryLayout<Scalar>.size
    var values = Buffer<Double>(uninitialized: range.count)
    VectorKernels.convert(tensor.span.extracting(range), into: values.mutableSpan)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count * size)
    for value in values.elements {
      let pattern = size == 4 ? UInt64(Float(value).bitPattern) : value.bitPattern
      for byte in 0..<size { bytes.append(UInt8(truncatingIfNeeded: pattern >> (8 * byte))) }
    }
    return bytes
  }
}
