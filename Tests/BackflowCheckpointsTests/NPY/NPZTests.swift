import Backflow
import TestSupport
import Testing

@Suite struct `An archive of arrays` {
  private let checkpoint = Checkpoint([
    "layer.weight": StoredTensor(Tensor<Float>(rows: [[1, -2], [3.5, 0]])),
    "steps/Ω": StoredTensor([7, -1], shape: [2]),
    "scalar": StoredTensor(Tensor<Double>(scalar: 0.1)),
    "empty": StoredTensor(Tensor<Float>.zeros([0, 3])),
  ])

  /// The archive by its definition.
  private var expected: ZipBuilder {
    let header = "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }"
    let padded = header + String(repeating: " ", count: 128 - 10 - header.utf8.count - 1) + "\n"
    let steps = npy(padded, data: number(7, 8) + [UInt8](repeating: 0xFF, count: 8))
    var builder = ZipBuilder([
      ZipBuilder.Entry(
        "layer.weight.npy", NPY.encode(Tensor<Float>(rows: [[1, -2], [3.5, 0]]))),
      ZipBuilder.Entry("steps/Ω.npy", steps),
      ZipBuilder.Entry("scalar.npy", NPY.encode(Tensor<Double>(scalar: 0.1))),
      ZipBuilder.Entry("empty.npy", NPY.encode(Tensor<Float>.zeros([0, 3]))),
    ])
    builder.entries[1].both.flags = 0x0800
    return builder
  }

  private func check(_ read: Checkpoint) throws {
    #expect(Array(read.tensors.keys) == Array(checkpoint.tensors.keys))
    #expect(
      try read["layer.weight"]?.values() == Tensor<Float>(rows: [[1, -2], [3.5, 0]]))
    #expect(try read["steps/Ω"]?.integers() == [7, -1] as [Int])
    #expect(read["steps/Ω"]?.type == .int64)
    #expect(try read["scalar"]?.values() == Tensor<Double>(scalar: 0.1))
    #expect(read["empty"]?.shape == [0, 3] && read["empty"]?.count == 0)
    #expect(read.omissions.isEmpty && read.metadata.isEmpty)
  }

  @Test func `has the bytes of its definition, and is read again`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a.npz")
    for _ in 0..<2 { try checkpoint.write(to: path) }
    #expect(try bytes(of: path) == expected.bytes)
    try check(Checkpoint(contentsOf: path))
    #expect(try directory.contents() == ["a.npz"])
  }

  // The limit is 4 GiB; a lower one makes the same fields.
  @Test(arguments: [1, 150, 600])
  func `has sizes of 64 bits beyond a limit`(limit: UInt64) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a.npz")
    try checkpoint.writeNPZ(to: path, limit: limit)
    let written = try bytes(of: path)
    #expect(written.count > expected.bytes.count)
    try check(Checkpoint(contentsOf: path))
  }

  @Test func `is written from one that is read, also in place`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a.npz")
    var compressed = expected
    for index in compressed.entries.indices {
      let entry = compressed.entries[index]
      compressed.entries[index] = .deflated(
        String(decoding: entry.name, as: UTF8.self), entry.data)
      compressed.entries[index].both.flags = entry.both.flags
    }
    _ = try directory.write(compressed.bytes, to: "a.npz")
    try Checkpoint(contentsOf: path).write(to: path)
    #expect(try bytes(of: path) == expected.bytes)
  }

  @Test func `lists what is not an array of numbers`() throws {
    let text = npy("{'descr': '<U2', 'fortran_order': False, 'shape': (0,), }")
    let records = npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (0,), }")
    let builder = ZipBuilder([
      ZipBuilder.Entry("a.npy", NPY.encode(Tensor<Float>([1]))),
      ZipBuilder.Entry("text.npy", text), ZipBuilder.Entry("records.npy", records),
      ZipBuilder.Entry("notes.txt", [1]),
    ])
    let read = try Checkpoint(bytes: builder.bytes, name: "some.npz")
    #expect(Array(read.tensors.keys) == ["a"])
    #expect(read.omissions.map(\.name) == ["text", "records", "notes.txt"])
    #expect(
      read.omissions.map(\.reason) == [
        "an array of type <U2", "an array of type records", "a file that is not an array",
      ])
  }

  // NumPy stores the types of other libraries without their names.
  @Test(arguments: ["|V2", "<V2", "|V1"])
  func `with bfloat16 is rejected by its name`(descr: String) {
    let header = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (1,), }"
    let builder = ZipBuilder([ZipBuilder.Entry("a.npy", npy(header, data: [0, 0]))])
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint(bytes: builder.bytes, name: "some.npz")
    }
    #expect(error?.entry == "a.npy")
    #expect(error?.problem.contains("found '\(descr)', as NumPy stores bfloat16") == true)
  }

  @Test func `with a damaged array is rejected, with its name`() throws {
    var builder = expected
    builder.entries[2].data.removeLast()
    builder.entries[2].both = .init(
      checksum: UInt64(crc32(builder.entries[2].data)), stored: 135, size: 135)
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint(bytes: builder.bytes, name: "some.npz")
    }
    #expect(error?.entry == "scalar.npy" && error?.offset != nil)
    #expect(error?.problem.contains("expected 8 bytes of data") == true)
  }

  @Test(arguments: ["", "a//b", "/a", "../a", "a\\b", "a\0b", "a/../b"])
  func `has names that are paths in it`(name: String) throws {
    let directory = try TemporaryDirectory()
    let one = Checkpoint([name: StoredTensor(Tensor<Float>([1]))])
    if name.isEmpty {
      try one.write(to: directory.file("a.npz"))
      #expect(try Checkpoint(contentsOf: directory.file("a.npz"))[""]?.count == 1)
      return
    }
    let error = #expect(throws: CheckpointError.self) { try one.write(to: directory.file("a.npz")) }
    #expect(error?.entry == name && error?.problem.contains("expected a name without") == true)
    #expect(try directory.contents() == [])
  }
}

/// Checkpoints that NumPy's formats cannot hold.
@Suite struct `A checkpoint for NumPy` {
  private let paths = ["a.npz", "a.npy", "a"]

  private func errors(_ checkpoint: Checkpoint) throws -> [CheckpointError?] {
    let directory = try TemporaryDirectory()
    let errors = paths.map { path in
      #expect(throws: CheckpointError.self) { try checkpoint.write(to: directory.file(path)) }
    }
    #expect(try directory.contents() == [])
    return errors
  }

  @Test func `has no metadata`() throws {
    let one = Checkpoint(
      ["a": StoredTensor(Tensor<Float>([1]))], metadata: ["epoch": "3", "note": "x"])
    for error in try errors(one) {
      #expect(error?.problem.contains("no place for the metadata epoch, note") == true)
      #expect(error?.problem.contains("write a .safetensors file") == true)
    }
  }

  @Test func `has no types that NumPy lacks`() throws {
    // A safetensors file of one element of bfloat16.
    let header = #"{"b":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}"#
    let bytes = number(UInt64(header.utf8.count), 8) + Array(header.utf8) + [0x80, 0x3F]
    let checkpoint = try Checkpoint(bytes: bytes, name: "some.safetensors")
    #expect(try checkpoint["b"]?.values() == Tensor<Float>([1]))
    for error in try errors(checkpoint) {
      #expect(error?.entry == "b")
      #expect(
        error?.problem
          == "cannot be written: NumPy has no type bfloat16; write a .safetensors file")
    }
  }

  @Test func `has one tensor if it is a single array`() throws {
    let directory = try TemporaryDirectory()
    let one = StoredTensor(Tensor<Float>([1]))
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint(["a": one, "b": one]).write(to: directory.file("a.npy"))
    }
    #expect(error?.problem.contains("expected one tensor for an .npy file, found 2") == true)
    try Checkpoint(["a": one]).write(to: directory.file("w.x.npy"))
    #expect(try bytes(of: directory.file("w.x.npy")) == NPY.encode(Tensor<Float>([1])))
    let read = try Checkpoint(contentsOf: directory.file("w.x.npy"))
    #expect(Array(read.tensors.keys) == ["w.x"])
    #expect(try read["w.x"]?.values() == Tensor<Float>([1]))
    // The contents determine the format, not the name.
    _ = try directory.write(NPY.encode(Tensor<Float>([2])), to: "weights")
    #expect(
      Array(try Checkpoint(contentsOf: directory.file("weights")).tensors.keys) == ["weights"])
  }
}

@Suite struct `A stored array` {
  private func read(
    _ descr: String, _ data: [UInt8], shape: String = "(2,)", order: String = "False"
  ) throws -> StoredTensor {
    let header = "{'descr': '\(descr)', 'fortran_order': \(order), 'shape': \(shape), }"
    let checkpoint = try Checkpoint(bytes: npy(header, data: data), name: "a.npy")
    return try #require(checkpoint["a"])
  }

  // The values 1 and -2, or 1 and 2, in both byte orders.
  static let types: [(String, ElementType, [UInt8], [Double])] = [
    ("f2", .float16, [0x3C, 0, 0xC0, 0], [1, -2]),
    ("f4", .float32, [0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0], [1, -2]),
    ("f8", .float64, [0x3F, 0xF0] + number(0, 6) + [0xC0] + number(0, 7), [1, -2]),
    ("i1", .int8, [1, 0xFE], [1, -2]), ("u1", .uint8, [1, 0xFE], [1, 254]),
    ("b1", .bool, [1, 0], [1, 0]),
    ("i2", .int16, [0, 1, 0xFF, 0xFE], [1, -2]), ("u2", .uint16, [0, 1, 1, 0], [1, 256]),
    ("i4", .int32, [0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFE], [1, -2]),
    ("u4", .uint32, [0, 0, 0, 1, 1, 0, 0, 0], [1, 0x1p24]),
    ("i8", .int64, number(0, 7) + [1] + [UInt8](repeating: 0xFF, count: 7) + [0xFE], [1, -2]),
    ("u8", .uint64, number(0, 7) + [1, 0x80] + number(0, 7), [1, 0x1p63]),
  ]

  @Test(arguments: types)
  func `has the type and byte order of its header`(
    descr: String, type: ElementType, big: [UInt8], values: [Double]
  ) throws {
    let little = stride(from: 0, to: big.count, by: type.size).flatMap {
      big[$0..<$0 + type.size].reversed()
    }
    for (order, data) in [(">", big), ("<", little)] {
      let stored = try read(order + descr, data)
      #expect(stored.type == type && stored.shape == [2])
      #expect(try stored.values() == Tensor<Double>(values))
    }
  }

  @Test func `may be complex, in either byte order`() throws {
    let parts: [Float] = [1, -2, 0.5, 4]
    let little = parts.flatMap { number(UInt64($0.bitPattern), 4) }
    let big = parts.flatMap { number(UInt64($0.bitPattern), 4).reversed() }
    for (descr, data) in [("<c8", little), (">c8", big)] {
      let stored = try read(descr, data)
      #expect(stored.type == .complex64 && stored.shape == [2])
      #expect(try stored.viewAsReal?.values() == Tensor<Float>(rows: [[1, -2], [0.5, 4]]))
      let error = #expect(throws: CheckpointError.self) { try stored.values(as: Float.self) }
      #expect(error?.problem == "expected real numbers, found complex64")
    }
    let doubles = [1.0, -2].flatMap { number($0.bitPattern, 8) }
    let stored = try read("<c16", doubles, shape: "(1,)")
    #expect(stored.type == .complex128)
    #expect(try stored.viewAsReal?.values() == Tensor<Double>(rows: [[1, -2]]))
  }

  @Test func `may be in Fortran order and have more axes than a tensor`() throws {
    let data = (1...6).flatMap { number(UInt64(Float($0).bitPattern), 4) }
    let matrix = try read("<f4", data, shape: "(2, 3)", order: "True")
    #expect(try matrix.values() == Tensor<Float>(rows: [[1, 3, 5], [2, 4, 6]]))
    let ten = try read("<f4", data, shape: "(1, 1, 1, 1, 1, 1, 1, 1, 3, 2)")
    #expect(ten.shape.count == 10)
    let axes = #expect(throws: CheckpointError.self) { try ten.values(as: Float.self) }
    #expect(axes?.problem == "expected at most 8 axes, found 10")
    let shape = "(" + String(repeating: "1, ", count: 65) + ")"
    let error = #expect(throws: CheckpointError.self) { try read("<f4", data, shape: shape) }
    #expect(error?.problem.contains("expected at most 64 axes, found 65") == true)
  }

  @Test(arguments: [
    "(4611686018427387904,)", "(4294967296, 4294967296)", "(2, 0x7fffffffffffffff)",
  ])
  func `cannot claim a shape that does not fit in memory`(shape: String) {
    let error = #expect(throws: CheckpointError.self) { try read("<f4", [], shape: shape) }
    #expect(error?.problem.contains("does not fit in memory") == true)
  }
}
