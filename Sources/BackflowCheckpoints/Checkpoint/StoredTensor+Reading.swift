internal import BackflowFiles
public import BackflowKernels
public import BackflowLinearAlgebra

extension StoredTensor {
  /// The number of elements to read or write at a time.
  static let pieceLength = 1 << 14

  /// Returns the values, converted to `Scalar` through double precision, rounding to nearest.
  /// Little more memory is needed than for the tensor, unless it is a view with gaps or
  /// repetitions, or is compressed.
  ///
  /// - Throws: `CheckpointError` if the file cannot be read, the values are complex (see
  ///   `viewAsReal`), or the shape has more axes or larger extents than a `Shape`.
  public func values<Scalar: RealScalar>(
    as type: Scalar.Type = Scalar.self
  ) throws(CheckpointError) -> Tensor<Scalar> {
    switch storage {
    case .single(let tensor): return tensor as? Tensor<Scalar> ?? Tensor(tensor)
    case .double(let tensor): return tensor as? Tensor<Scalar> ?? Tensor(tensor)
    case .source(let source, let isBigEndian):
      try checkExpansion(MemoryLayout<Scalar>.size, source)
      return try values(source.decompressed(), isBigEndian)
    }
  }

  /// Returns the elements in row-major order, in double precision, whatever the number of axes. A
  /// complex element becomes two, its real and its imaginary part.
  ///
  /// - Throws: `CheckpointError` if the file cannot be read.
  public func elements() throws(CheckpointError) -> [Double] {
    if case .source(let source, _) = storage {
      try checkExpansion(8 * (type.realType == nil ? 1 : 2), source)
    }
    let (real, parts) = (type.realType ?? type, count * (type.realType == nil ? 1 : 2))
    var elements: [Double] = []
    elements.reserveCapacity(parts)
    try forEachPiece { _, bytes in elements += real.values(of: bytes) }
    return elements
  }

  /// Returns the values of a tensor of integers or Boolean values, in row-major order.
  ///
  /// - Throws: `CheckpointError` if the tensor has another type, a value is not representable, or
  ///   the file cannot be read.
  public func integers<Integer: FixedWidthInteger>(
    as _: Integer.Type = Integer.self
  ) throws(CheckpointError) -> [Integer] {
    var values: [Integer] = []
    try forEachPiece { range, bytes throws(CheckpointError) in
      guard let integers = type.integers(of: bytes) else {
        throw failure("expected integers, found \(type.rawValue)")
      }
      for (index, integer) in zip(range, integers) {
        guard let value = integer.exactly(as: Integer.self) else {
          throw failure("element \(index) is not representable as \(Integer.self)")
        }
        values.append(value)
      }
    }
    return values
  }

  /// The largest number of bytes of a tensor in memory, unless its file is large too. It bounds the
  /// memory that a small file with compressed or repeated elements can demand.
  static let maximumExpansion = 1 << 30

  /// Throws an error if the elements need more than 1 GiB and more than 64 times the size of the
  /// file, with `size` bytes for each element.
  private func checkExpansion(_ size: Int, _ source: ByteSource) throws(CheckpointError) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    let limit = max(StoredTensor.maximumExpansion, 64 * min(source.fileSize, Int.max / 64))
    guard !overflow, bytes <= limit else {
      throw source.failure(
        "a tensor of shape \(shape) needs \(overflow ? "more than \(Int.max)" : "\(bytes)") bytes"
          + " of memory, more than 64 times the file and more than 1 GiB; its elements are compressed"
          + " or repeated")
    }
  }

  private func values<Scalar: RealScalar>(
    _ source: ByteSource, _ isBigEndian: Bool
  ) throws(CheckpointError) -> Tensor<Scalar> {
    var tensor = Tensor<Scalar>(uninitialized: try checkedShape())
    if source.isFile, !isBigEndian, layout.isRowMajor, type == StoredTensor.type(of: Scalar.self) {
      var elements = tensor.mutableSpan
      try source.fill(&elements, at: layout.offset * type.size, "the data")
    } else if !layout.isRowMajor, let order = layout.denseOrder {
      // From the order of the storage to row-major order.
      let strides = tensor.shape.strides
      var walk = StridedWalk(order.map { (layout.extents[$0], strides[$0]) }, from: 0)
      let stored = layout.offset..<layout.offset + count
      try forEachPiece(of: stored, source, isBigEndian) { _, bytes in
        let values = Tensor<Scalar>(Tensor(type.values(of: bytes)))
        scatter(values.span, &walk, into: tensor.mutableSpan)
      }
    } else {
      try forEachPiece { range, bytes in
        let values = Tensor<Scalar>(Tensor(type.values(of: bytes)))
        Blocks.copy(
          count: 1, length: range.count, from: values.span, at: 0, stride: 0,
          into: tensor.mutableSpan, at: range.lowerBound, stride: 0)
      }
    }
    return tensor
  }

  private static func type<Scalar: RealScalar>(of _: Scalar.Type) -> ElementType {
    Scalar.self == Float.self ? .float32 : .float64
  }

  /// The shape of the tensor in memory.
  private func checkedShape() throws(CheckpointError) -> Shape {
    guard type.realType == nil else {
      throw failure("expected real numbers, found \(type.rawValue)")
    }
    guard shape.count <= Shape.maximumRank else {
      throw failure("expected at most \(Shape.maximumRank) axes, found \(shape.count)")
    }
    guard shape.allSatisfy({ $0 <= Shape.maximumExtent }) else {
      throw failure("expected extents below 2³², found \(shape)")
    }
    return Shape(shape)
  }

  // MARK: - Bytes

  /// Calls `body` with all elements in row-major order as little-endian bytes, some at a time.
  func forEachPiece(
    _ body: (_ elements: Range<Int>, _ bytes: [UInt8]) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    switch storage {
    case .single(let tensor): try forEachPiece(of: tensor, body)
    case .double(let tensor): try forEachPiece(of: tensor, body)
    case .source(let stored, let isBigEndian):
      let source = try stored.decompressed()
      if layout.isRowMajor {
        try forEachPiece(
          of: layout.offset..<layout.offset + count, source, isBigEndian, body)
      } else {
        try forEachGatheredPiece(source, isBigEndian, body)
      }
    }
  }

  private func forEachPiece<Scalar: RealScalar>(
    of tensor: Tensor<Scalar>,
    _ body: (_ elements: Range<Int>, _ bytes: [UInt8]) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    for start in stride(from: 0, to: count, by: StoredTensor.pieceLength) {
      let range = start..<min(start + StoredTensor.pieceLength, count)
      try body(range, tensor.span.extracting(range).byteArray)
    }
  }

  /// Calls `body` with the elements at the given positions of the storage.
  private func forEachPiece(
    of stored: Range<Int>, _ source: ByteSource, _ isBigEndian: Bool,
    _ body: (_ elements: Range<Int>, _ bytes: [UInt8]) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    for start in stride(from: 0, to: stored.count, by: StoredTensor.pieceLength) {
      let range = start..<min(start + StoredTensor.pieceLength, stored.count)
      let first = (stored.lowerBound + start) * type.size
      var bytes = try source.bytes(first..<first + range.count * type.size, "the data")
      if isBigEndian { reverseWords(&bytes) }
      try body(range, bytes)
    }
  }

  private func forEachGatheredPiece(
    _ source: ByteSource, _ isBigEndian: Bool,
    _ body: (_ elements: Range<Int>, _ bytes: [UInt8]) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let size = type.size
    let all = try source.bytes(layout.offset * size..<layout.end * size, "the data")
    let axes = layout.extents.indices.reversed().map { (layout.extents[$0], layout.strides[$0]) }
    var walk = StridedWalk(axes, from: 0)
    for start in stride(from: 0, to: count, by: StoredTensor.pieceLength) {
      let range = start..<min(start + StoredTensor.pieceLength, count)
      var bytes: [UInt8] = []
      bytes.reserveCapacity(range.count * size)
      for _ in range {
        bytes.append(contentsOf: all[walk.position * size..<(walk.position + 1) * size])
        walk.advance()
      }
      if isBigEndian { reverseWords(&bytes) }
      try body(range, bytes)
    }
  }

  private func reverseWords(_ bytes: inout [UInt8]) {
    let size = type.wordSize
    for start in stride(from: 0, to: bytes.count, by: size) {
      bytes[start..<start + size].reverse()
    }
  }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func scatter<Scalar: RealScalar>(
  _ values: Span<Scalar>, _ walk: inout StridedWalk, into elements: consuming MutableSpan<Scalar>
) {
  for index in values.indices {
    elements[walk.position] = values[index]
    walk.advance()
  }
}

// MARK: - Writing

extension StoredTensor {
  /// Writes all elements in row-major order as little-endian bytes.
  func write(to writer: FileWriter) throws(FileError) {
    var failure: FileError?
    do throws(CheckpointError) {
      try forEachPiece { _, bytes throws(CheckpointError) in
        guard failure == nil else { return }
        do throws(FileError) { try writer.write(bytes) } catch { failure = error }
      }
    } catch {
      throw FileError(error)
    }
    if let failure { throw failure }
  }
}

extension FileError {
  /// An error that occurred in reading one file, while another was written.
  init(_ error: CheckpointError) {
    self.init(error.file, String(error.description.dropFirst(error.file.count + 2)))
  }
}
