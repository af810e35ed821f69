import Backflow
import Testing

@Suite struct `A file with damaged tensors` {
  /// The error for a file with one tensor under the name "x", whose storage is [0, 1, 2, 3, 4, 5].
  private func error(
    _ tensor: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
  ) -> CheckpointError? {
    errorOpening(
      StreamFile(dictionary(("x", tensor))).bytes, sourceLocation: sourceLocation)
  }

  @Test func `is readable before the damage`() throws {
    let checkpoint = try checkpoint(StreamFile(dictionary(("x", tensor()))).bytes)
    let expected = Tensor((0..<6).map(Double.init), shape: [2, 3])
    #expect(try checkpoint["x"]?.values(as: Double.self) == expected)
    #expect(checkpoint.tensors.count == 1 && checkpoint.omissions.isEmpty)
  }

  static let views: [(offset: Int, shape: [Int], strides: [Int], problem: String)] = [
    (1, [2, 3], [3, 1], "needs 28 bytes, found 24"),
    (6, [1], [1], "needs 28 bytes, found 24"),
    (0, [2, 3], [4, 1], "needs 28 bytes, found 24"),
    (-1, [2, 3], [3, 1], "not negative"),
    (0, [2, -3], [3, 1], "not negative"),
    (0, [2, 3], [3, -1], "not negative"),
    (0, [2, 3], [3], "a stride for each"),
    (0, [2], [3, 1], "a stride for each"),
    (0, [1 << 40, 4], [0, 0], "more than 16 times"),
    (0, [1 << 32, 1 << 32], [0, 0], "does not fit"),
    (0, [2, 2], [Int.max, 1], "does not fit"),
    (Int.max, [1], [1], "does not fit"),
    (0, [Int.max], [1], "does not fit"),
    (0, [0, Int.max, Int.max], [1, 1, 1], "does not fit"),
    (0, Array(repeating: 1, count: 65), Array(repeating: 1, count: 65), "at most 64"),
  ]

  @Test(arguments: views)
  func `is rejected if a view is not within its storage`(
    offset: Int, shape: [Int], strides: [Int], problem: String
  ) {
    let error = error(tensor(offset: offset, shape: shape, strides: strides))
    #expect(error?.entry == "x")
    #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "") – \(problem)")
  }

  @Test func `may have any offset and strides where there are no elements`() throws {
    let checkpoint = try checkpoint(
      StreamFile(
        dictionary(("x", tensor(offset: Int.max, shape: [0, 3], strides: [1 << 62, 1 << 62])))
      ).bytes)
    #expect(checkpoint["x"]?.shape == [0, 3] && checkpoint["x"]?.count == 0)
  }

  static let arguments: [(arguments: [UInt8], problem: String)] = {
    let (zero, one, scalar) = (integer(0), tuple(of: [1]), tuple(of: []))
    let large: [UInt8] = [0x8A, 9] + [UInt8](repeating: 255, count: 8) + [0]
    let untyped = storage("UntypedStorage", count: 24)
    var cases: [(arguments: [UInt8], problem: String)] = []
    cases.append(([0x29], "expected the arguments"))
    cases.append((tuple(none), "a storage, an offset"))
    cases.append((tuple(none, zero, scalar, scalar), "expected a storage"))
    cases.append((tuple(storage(), none, scalar, scalar), "a storage, an offset"))
    cases.append((tuple(storage(), zero, none, scalar), "integers for the shape"))
    cases.append((tuple(storage(), zero, scalar, none), "integers for the strides"))
    cases.append((tuple(storage(), zero, tuple(none), one), "integers of 64 bits"))
    cases.append((tuple(storage(), zero, tuple(large), one), "integers of 64 bits"))
    cases.append((tuple(untyped, zero, scalar, scalar), "a storage with an element type"))
    return cases
  }()

  @Test(arguments: arguments)
  func `is rejected if the arguments are wrong`(arguments: [UInt8], problem: String) {
    var file = StreamFile(
      dictionary(
        ("x", global("torch._utils", "_rebuild_tensor_v2") + arguments + [0x52]),
        ("y", tensor(storage(key: "1")))))
    file.useStorage(of: arguments)
    let error = errorOpening(file.bytes)
    #expect(error?.entry == "x")
    #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "") – \(problem)")
  }

  @Test func `is rejected if calls contain each other without end`() {
    let parameter = global("torch._utils", "_rebuild_parameter")
    let nested = (0..<100).reduce(tensor()) { inner, _ in parameter + inner + [0x85, 0x52] }
    #expect(error(nested)?.problem == "the tensor is inside too many calls")
    let two = parameter + parameter + tensor() + [0x85, 0x52, 0x85, 0x52]
    #expect(throws: Never.self) { try checkpoint(StreamFile(two).bytes) }
  }

  @Test func `has no offset for an error in bytes that are decoded from a text`() throws {
    let encoded = global("_codecs", "encode") + text("no file") + text("latin1") + [0x86, 0x52]
    let load = global("torch.storage", "_load_from_bytes")
    func error(_ bytes: [UInt8]) -> CheckpointError? {
      errorOpening(pickle(dictionary(("x", tensor(load + bytes + [0x85, 0x52])))))
    }
    #expect(error(encoded)?.problem == "expected the magic number of torch.save")
    #expect(error(encoded)?.offset == nil)
    // Bytes that the file itself has.
    let stored = shortBytes(Array("no file".utf8))
    #expect(error(stored)?.problem == "expected the magic number of torch.save")
    let file = pickle(dictionary(("x", tensor(load + stored + [0x85, 0x52]))))
    let offset = try #require(error(stored)?.offset)
    #expect(file[offset...].starts(with: Array("no file".utf8)))
  }

  @Test func `is rejected if two of them see one storage with two types`() {
    for other in [storage("IntStorage"), storage(count: 5), storage(count: 7)] {
      let bytes = StreamFile(dictionary(("x", tensor()), ("y", tensor(other)))).bytes
      #expect(errorOpening(bytes)?.problem == "the storage 0 has two types or sizes")
    }
  }

  @Test(arguments: [
    ("LargeStorage", 6), ("", 6), ("FloatStorage", -1), ("FloatStorage", 1 << 62),
  ])
  func `is rejected if a storage is impossible`(type: String, count: Int) {
    #expect(error(tensor(storage(type, count: count))) != nil)
  }
}

@Suite struct `A tensor that is not read` {
  static let values: [(opcodes: [UInt8], reason: String)] = {
    let rebuild = "torch._utils"
    let unknown = global("some", "function")
    var cases: [(opcodes: [UInt8], reason: String)] = []
    func call(_ function: [UInt8], _ arguments: [UInt8], _ reason: String) {
      cases.append((function + arguments + [0x52], reason))
    }
    for flag in ["conj", "neg"] {
      let flags = dictionary((flag, [0x88]))
      cases.append((tensor(flags: flags), "a view with PyTorch's flag \(flag)"))
    }
    cases.append(
      (tensor(storage("QInt8Storage", count: 24)), "a tensor of elements of torch.QInt8Storage"))
    cases.append((storage(), "a storage that is not part of a tensor"))
    call(
      global(rebuild, "_rebuild_qtensor"), tuple(storage(), integer(0)), "a quantized tensor")
    call(
      global(rebuild, "_rebuild_sparse_tensor"), tuple(none, tuple(tensor())), "a sparse tensor")
    call(
      global(rebuild, "_rebuild_meta_tensor_no_storage"), tuple(none),
      "a tensor on the device meta, without values")
    call(
      global("torch._tensor", "_rebuild_from_type_v2"), tuple(unknown, none, [0x29], none),
      "a tensor that the unknown function some.function makes")
    call(
      global(rebuild, "_rebuild_parameter"), tuple(unknown + [0x29, 0x52]),
      "a tensor that an unknown function makes")
    let bits = storage("UntypedStorage", count: 24)
    call(
      global(rebuild, "_rebuild_tensor_v3"),
      tuple(
        bits, integer(0), tuple(of: [24]), tuple(of: [1]), [0x89], none, global("torch", "bits8")),
      "a tensor of torch.bits8")
    call(unknown, tensor() + [0x85], "an object of some.function")
    return cases
  }()

  @Test(arguments: values)
  func `is named, and the others are read`(opcodes: [UInt8], reason: String) throws {
    var file = StreamFile(dictionary(("x", opcodes), ("w", tensor(storage(key: "1")))))
    file.useStorage(of: opcodes)
    let checkpoint = try checkpoint(file.bytes)
    #expect(checkpoint.omissions.map(\.name) == ["x"])
    #expect(checkpoint.omissions.map(\.reason) == [reason])
    #expect(checkpoint["w"]?.shape == [2, 3] && checkpoint.tensors.count == 1)
  }

  @Test func `may have flags that are not set`() throws {
    let file = StreamFile(tensor(flags: dictionary(("conj", [0x89]))))
    #expect(try checkpoint(file.bytes)[""]?.shape == [2, 3])
  }
}

extension StreamFile {
  /// Adds the storage 1, and the storage 0 of 24 bytes only if these opcodes have it.
  fileprivate mutating func useStorage(of opcodes: [UInt8]) {
    let text = String(decoding: opcodes, as: UTF8.self)
    (keys, storages) = (["1"], [(6, floats(0..<6))])
    guard text.contains("Storage") else { return }
    keys.insert("0", at: 0)
    storages.insert((text.contains("FloatStorage") ? 6 : 24, floats(0..<6)), at: 0)
  }
}
