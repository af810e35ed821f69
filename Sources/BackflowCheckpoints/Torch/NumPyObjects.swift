// Arrays of NumPy in a pickle, and the bytes of which they are made.

extension TorchTensors {
  /// Returns the array that `_reconstruct` makes empty and whose state is (version, shape, dtype,
  /// Fortran order, bytes).
  func fullState(of object: PickleObject) -> [PickleReference]? {
    guard let state = object.state, case .tuple(let parts) = graph[state], parts.count >= 4 else {
      return nil
    }
    // NumPy before 1.0 wrote no version.
    return Array(parts.suffix(4))
  }

  mutating func array(_ object: PickleObject) throws(TorchProblem) -> StoredTensor {
    guard let parts = fullState(of: object), case .boolean(let isFortranOrder) = flag(parts[2])
    else { throw .damaged("expected the shape, type, order and bytes of an array") }
    let element = try arrayElement(parts[1])
    let shape = try integers(parts[0], "the shape")
    return try array(shape, element, isFortranOrder, try bytes(parts[3]))
  }

  /// An item of an array: (dtype, bytes).
  mutating func arrayScalar(_ object: PickleObject) throws(TorchProblem) -> StoredTensor {
    guard let arguments = graph.sequence(of: object.arguments), arguments.count == 2 else {
      throw .damaged("expected the type and the bytes of a number")
    }
    return try array([], try arrayElement(arguments[0]), false, try bytes(arguments[1]))
  }

  /// (bytes, dtype, shape, order), in protocol 5.
  mutating func arrayOfBuffer(
    _ arguments: [PickleReference]
  ) throws(TorchProblem) -> StoredTensor {
    guard arguments.count == 4, let order = graph.text(of: arguments[3]),
      order == "C" || order == "F"
    else { throw .damaged("expected the bytes, type, shape and order of an array") }
    let element = try arrayElement(arguments[1])
    let shape = try integers(arguments[2], "the shape")
    return try array(shape, element, order == "F", try bytes(arguments[0]))
  }

  private func flag(_ reference: PickleReference) -> PickleNode {
    if case .integer(let value) = graph[reference] { return .boolean(value != 0) }
    return graph[reference]
  }

  private func array(
    _ shape: [Int], _ element: ArrayElement, _ isFortranOrder: Bool, _ source: ByteSource
  ) throws(TorchProblem) -> StoredTensor {
    do throws(CheckpointError) {
      // This checks that the product of the extents is representable.
      let plain = try StoredTensor(
        shape: shape, type: element.type, source: source, isBigEndian: element.isBigEndian)
      guard plain.byteCount == source.count else {
        throw source.failure(
          "expected \(plain.byteCount) bytes for an array of shape \(shape), found \(source.count)")
      }
      guard isFortranOrder, !shape.contains(0) else { return plain }
      var strides: [Int] = []
      var stride = 1
      for extent in shape {
        strides.append(stride)
        stride *= extent
      }
      return try StoredTensor(
        shape: shape, type: element.type, source: source, isBigEndian: element.isBigEndian,
        strides: strides)
    } catch {
      throw .unreadable(error)
    }
  }

  // MARK: - Types

  struct ArrayElement {
    let type: ElementType
    let isBigEndian: Bool
  }

  /// Returns the type that `numpy dtype` makes of a text such as `f8`, with the byte order in its
  /// state.
  private func arrayElement(_ reference: PickleReference) throws(TorchProblem) -> ArrayElement {
    guard let object = graph.object(of: reference),
      graph.global(object.callable) == "numpy dtype",
      let first = graph.sequence(of: object.arguments)?.first
    else { throw .damaged("expected a type of NumPy") }
    if let global = graph.global(first) { throw .unsupported("an array of \(dotted(global))") }
    guard let code = graph.text(of: first) else { throw .damaged("expected a type of NumPy") }
    guard let type = TorchTensors.arrayTypes[code] else {
      throw .unsupported("an array of NumPy's type \(escaped(code, limit: 20))")
    }
    guard let state = object.state else { return ArrayElement(type: type, isBigEndian: false) }
    guard let parts = graph.sequence(of: state), parts.count >= 2,
      let order = graph.text(of: parts[1]), ["<", ">", "|", "="].contains(order)
    else { throw .damaged("expected the byte order of a type of NumPy") }
    return ArrayElement(type: type, isBigEndian: order == ">")
  }

  private static let arrayTypes: [String: ElementType] = [
    "f8": .float64, "f4": .float32, "f2": .float16, "i8": .int64, "i4": .int32, "i2": .int16,
    "i1": .int8, "u8": .uint64, "u4": .uint32, "u2": .uint16, "u1": .uint8, "b1": .bool,
    "c8": .complex64, "c16": .complex128,
  ]

  // MARK: - Bytes

  /// Returns bytes: a value of the pickle, or what `bytearray` makes of it, or the text in Latin-1
  /// that protocol 2 writes in their place.
  mutating func bytes(_ reference: PickleReference) throws(TorchProblem) -> ByteSource {
    if case .bytes(let range) = graph[reference] { return source(range) }
    guard let object = graph.object(of: reference), let name = graph.global(object.callable),
      let arguments = graph.sequence(of: object.arguments)
    else {
      if case .list = graph[reference] { throw .unsupported("an array of Python objects") }
      throw .damaged("expected bytes")
    }
    if arguments.isEmpty, TorchTensors.byteClasses.contains(name) {
      return ByteSource([], of: graph.source.file, entry: graph.source.entry)
    } else if arguments.count == 1, TorchTensors.byteClasses.contains(name),
      case .bytes(let range) = graph[arguments[0]]
    {
      return source(range)
    } else if arguments.count == 2, name == "_codecs encode" || name.hasSuffix(" bytearray"),
      case .text(let range) = graph[arguments[0]], let codec = graph.text(of: arguments[1]),
      codec == "latin1" || codec == "latin-1"
    {
      if let known = decodedBytes[arguments[0]] { return known }
      let source = ByteSource(
        try latin1(range), of: graph.source.file, entry: graph.source.entry, hasOffsets: false)
      decodedBytes[arguments[0]] = source
      return source
    }
    throw .damaged("expected bytes, found a call of \(dotted(name))")
  }

  private static let byteClasses: Set = [
    "builtins bytearray", "__builtin__ bytearray", "builtins bytes", "__builtin__ bytes",
  ]

  private func source(_ bytes: PickleBytes) -> ByteSource {
    let start = graph.start + bytes.range.lowerBound
    return graph.source.part(start..<start + bytes.count)
  }

  /// Returns the characters of a text in UTF-8 as numbers, all of which must be below 256.
  private func latin1(_ text: PickleBytes) throws(TorchProblem) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var lead: UInt8?
    for index in text.range {
      let byte = graph.bytes[index]
      switch (lead, byte) {
      case (nil, ..<0x80): result.append(byte)
      case (nil, 0xC2), (nil, 0xC3): lead = byte
      case (let first?, 0x80..<0xC0):
        result.append((first & 3) << 6 | byte & 0x3F)
        lead = nil
      default: throw .damaged("expected bytes as text in Latin-1")
      }
    }
    guard lead == nil else { throw .damaged("expected bytes as text in Latin-1") }
    return result
  }
}
