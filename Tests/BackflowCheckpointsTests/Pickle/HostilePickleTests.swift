import Backflow
import Testing

/// Files that are made to exhaust the memory, the stack or the time of a reader.
@Suite struct `A hostile pickle` {
  /// The opcodes before and after the innermost value, of lists, tuples, dictionaries, and objects.
  static let nestings: [(before: [UInt8], after: [UInt8])] = [
    ([0x5D], [0x61]), ([], [0x85]), ([0x7D, 0x4E], [0x73]),
    (global("a", "b") + [0x29, 0x81, 0x7D, 0x4E], [0x73, 0x62]),
  ]

  @Test(arguments: nestings)
  func `with 100,000 nested containers is read without recursion`(
    before: [UInt8], after: [UInt8]
  ) throws {
    func nested(_ innermost: [UInt8], depth: Int) -> [UInt8] {
      func repeated(_ opcodes: [UInt8]) -> [UInt8] {
        [[UInt8]](repeating: opcodes, count: depth).flatMap(\.self)
      }
      return pickle(repeated(before) + innermost + repeated(after))
    }
    #expect(
      errorOpening(nested(numpyScalar(1), depth: 2000))?.problem
        == "expected values nested at most 1000 levels deep")
    // Without a tensor, the values are not visited.
    let checkpoint = try checkpoint(nested([0x4E], depth: 100_000))
    #expect(checkpoint.omissions.map(\.reason) == ["more than 10000 values without tensors"])
  }

  @Test func `with many marks is rejected`() {
    let marks = [UInt8](repeating: 0x28, count: 100_000)
    #expect(errorOpening(pickle(marks))?.problem == "expected at most 1000 nested marks")
  }

  /// 28 lists, each of which contains the one before it twice.
  private func doubling(_ innermost: [UInt8]) -> [UInt8] {
    let levels = (0..<28).flatMap { level -> [UInt8] in
      [0x5D, 0x28, 0x68, UInt8(level), 0x68, UInt8(level), 0x65, 0x71, UInt8(level + 1), 0x30]
    }
    return innermost + [0x71, 0, 0x30] + levels + [0x68, 28]
  }

  @Test func `with 2²⁸ paths to a number is summarized`() throws {
    let checkpoint = try checkpoint(pickle(doubling([0x4B, 1])))
    #expect(checkpoint.metadata.isEmpty && checkpoint.tensors.isEmpty)
    #expect(!checkpoint.omissions.isEmpty && checkpoint.omissions.count <= 1 << 15)
    let reasons = Set(checkpoint.omissions.map(\.reason))
    #expect(reasons == ["more than 10000 values without tensors"])
  }

  @Test func `with 2²⁸ paths to an array is rejected`() {
    let array = numpyScalar(1)
    #expect(
      errorOpening(pickle(doubling(array)))?.problem
        == "expected at most 1000000 values and containers in all")
  }

  @Test func `with containers inside themselves names them once`() throws {
    // d['self'] = d
    let dictionary = try checkpoint(
      pickle([0x7D, 0x71, 0], text("self"), [0x68, 0, 0x73], text("x"), numpyScalar(2), [0x73]))
    #expect(dictionary.tensors.keys == ["x"])
    #expect(dictionary.omissions.map(\.name) == ["self"])
    #expect(dictionary.omissions.map(\.reason) == ["a container inside itself"])
    // l = [[l]]
    let list = try checkpoint(pickle([0x5D, 0x71, 0, 0x5D, 0x68, 0, 0x61, 0x61]))
    #expect(list.omissions.map(\.name) == ["0.0"])
  }

  @Test func `with long names is rejected before they fill the memory`() {
    // 20 dictionaries with keys of 4,000 bytes around one with 60,000 entries.
    let array = numpyScalar(1) + [0x71, 0, 0x30]
    let key = text(String(repeating: "n", count: 4000)) + [0x71, 1, 0x30]
    let entries = (0..<60_000).flatMap { key -> [UInt8] in integer(key) + [0x68, 0] }
    let outer = (0..<20).flatMap { _ -> [UInt8] in [0x7D, 0x68, 1] }
    let end = [UInt8](repeating: 0x73, count: 20)
    let error = errorOpening(pickle(array, key, outer, [0x7D, 0x28], entries, [0x75], end))
    #expect(error?.problem == "expected at most 1000000 values and containers in all")
  }

  @Test func `with many values that share one long text is read once`() throws {
    // 500 arrays of the same 100,000 bytes, each with its own call of a decoder.
    let decoder = global("_codecs", "encode") + [0x71, 0, 0x30]
    let long = text(String(repeating: "a", count: 100_000)) + [0x71, 1, 0x30]
    let latin1 = text("latin1") + [0x71, 2, 0x30]
    let call: [UInt8] = [0x68, 0, 0x68, 1, 0x68, 2, 0x86, 0x52]
    let array = array([100_000], "u1", opcodes: call)
    let arrays = (0..<500).flatMap { _ in array }
    let body = decoder + long + latin1 + [0x5D, 0x28] + arrays + [0x65]
    let checkpoint = try checkpoint(pickle(body))
    #expect(checkpoint.tensors.count == 500)
    #expect(checkpoint["499"]?.shape == [100_000])
  }

  @Test func `with long keys names their entries by position`() throws {
    // 2000 entries whose keys are one text of 1,000,000 bytes.
    let key = text(String(repeating: "k", count: 1_000_000)) + [0x71, 0, 0x30]
    let scalar = numpyScalar(1) + [0x71, 1, 0x30]
    let entries = (0..<2000).flatMap { _ -> [UInt8] in [0x68, 0, 0x68, 1] }
    let checkpoint = try checkpoint(pickle(key, scalar, [0x7D, 0x28], entries, [0x75]))
    #expect(checkpoint.tensors.keys.first == "key 0" && checkpoint.tensors.keys.last == "key 1999")
  }

  @Test func `does not allocate or call what it names`() throws {
    for (module, name) in [
      ("builtins", "bytearray"), ("__builtin__", "bytearray"),
      ("torch.storage", "UntypedStorage"), ("os", "system"), ("builtins", "eval"),
    ] {
      let checkpoint = try checkpoint(
        pickle(dictionary(("x", global(module, name) + integer(1 << 45) + [0x85, 0x52]))))
      #expect(checkpoint.omissions.map(\.reason) == ["an object of \(module).\(name)"])
    }
  }

  /// 300 modules with the same set of 10,000 numbers as the names of temporary buffers.
  @Test func `with many modules that share one long set is rejected`() {
    let numbers = (0..<10_000).flatMap { _ -> [UInt8] in [0x4B, 1] }
    let module =
      global("some", "Net") + [0x29, 0x81]
      + dictionary(
        ("_parameters", [0x7D]), ("_buffers", [0x7D]), ("_modules", [0x7D]),
        ("_non_persistent_buffers_set", [0x8F, 0x28] + numbers + [0x90])) + [0x62]
    let modules = [UInt8]([0x71, 0]) + (0..<300).flatMap { _ -> [UInt8] in [0x68, 0] }
    #expect(
      errorOpening(pickle([0x28], numpyScalar(1), module, modules, [0x74]))?.problem
        == "expected at most 1000000 values and containers in all")
  }

  /// 2,000 entries with the same tuple of 63 texts of 1,000 bytes as the key.
  @Test func `with many entries that share a tuple of long texts is rejected`() {
    let long = text(String(repeating: "k", count: 1000)) + [0x71, 0]
    let copies = (0..<62).flatMap { _ -> [UInt8] in [0x68, 0] }
    let key = [0x28] + long + copies + [0x74, 0x71, 1, 0x30]
    let entries = (0..<2000).flatMap { _ -> [UInt8] in [0x68, 1, 0x4E] }
    let body = [0x7D, 0x28] + text("w") + numpyScalar(1) + entries + [0x75]
    #expect(
      errorOpening(pickle(key, body))?.problem
        == "expected at most 1000000 values and containers in all")
  }

  /// 2,000 objects with the same 10,000 named arguments, and an entry of their own.
  @Test func `with many objects that share their named arguments is read without copies`() throws {
    let pairs = (0..<10_000).flatMap { _ -> [UInt8] in [0x4B, 1, 0x4B, 2] }
    let keywords = [0x7D, 0x28] + pairs + [0x75, 0x71, 0, 0x30]
    let type = global("some", "Class") + [0x71, 1, 0x30]
    let objects = (0..<2000).flatMap { _ -> [UInt8] in
      [0x68, 1, 0x29, 0x68, 0, 0x92, 0x4B, 1, 0x4B, 2, 0x73]
    }
    let checkpoint = try checkpoint(pickle(keywords, type, [0x5D, 0x28], objects, [0x65]))
    #expect(checkpoint.omissions.map(\.reason) == ["2000 entries without tensors"])
  }

  /// 10,000 objects of a class whose name has 8,000 bytes.
  @Test func `with many objects of a class with a long name is read`() throws {
    let name = String(repeating: "n", count: 4000)
    let type = global(name, name) + [0x71, 0, 0x30]
    let objects = (0..<10_000).flatMap { _ -> [UInt8] in [0x68, 0, 0x29, 0x52] }
    let checkpoint = try checkpoint(pickle(type, [0x28], numpyScalar(1), objects, [0x74]))
    #expect(checkpoint.tensors.count == 1 && checkpoint.omissions.count == 10_000)
    #expect(checkpoint.omissions.first?.reason.count == "an object of ".count + 100)
  }

  @Test func `with a storage that it names many times has one value for it`() throws {
    // 50,000 times the same ID, with a key of 4,000 bytes.
    let key = String(repeating: "k", count: 4000)
    let identifier = tuple(
      text("storage"), global("torch", "FloatStorage"), text(key), text("cpu"), integer(6))
    let many = (0..<50_000).flatMap { _ -> [UInt8] in [0x68, 0, 0x51] }
    var file = StreamFile(identifier + [0x71, 0, 0x30, 0x28] + many + [0x74])
    file.keys = [key]
    let checkpoint = try checkpoint(file.bytes)
    #expect(checkpoint.omissions.count == 50_000)
  }

  @Test func `with millions of values is rejected`() {
    let lists = [UInt8](repeating: 0x5D, count: 1 << 22)
    #expect(errorOpening(pickle(lists))?.problem == "expected at most 4194304 values in a pickle")
  }

  @Test func `with a long vocabulary gives one omission`() throws {
    let entries = (0..<5000).flatMap { word -> [UInt8] in text("word\(word)") + integer(word) }
    let checkpoint = try checkpoint(
      pickle(dictionary(("words", [0x7D, 0x28] + entries + [0x75]), ("epoch", integer(3)))))
    #expect(checkpoint.metadata.map { [$0, $1] } == [["epoch", "3"]])
    #expect(checkpoint.omissions.map(\.name) == ["words"])
    #expect(checkpoint.omissions.map(\.reason) == ["5000 entries without tensors"])
  }

  @Test func `of random opcodes gives an error or a checkpoint`() {
    var generator = RandomSource(seed: 5)
    let opcodes: [UInt8] = [
      0x28, 0x30, 0x31, 0x4E, 0x88, 0x29, 0x74, 0x85, 0x86, 0x5D, 0x61, 0x65, 0x7D, 0x73, 0x75,
      0x8F, 0x90, 0x91, 0x94, 0x52, 0x81, 0x92, 0x62, 0x51,
    ]
    for _ in 0..<2000 {
      var body: [UInt8] = []
      for _ in 0..<Int.random(in: 1...60, using: &generator) {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: body += text(["a", "b", "torch", "storage"].randomElement(using: &generator)!)
        case 1: body += [0x4B, UInt8.random(in: 0...255, using: &generator)]
        case 2: body += [0x68, UInt8.random(in: 0...9, using: &generator)]
        case 3: body += global("torch._utils", "_rebuild_tensor_v2")
        default: body.append(opcodes.randomElement(using: &generator)!)
        }
      }
      readAll(pickle(body))
      readAll(pickle([0x28] + body + [0x74]))
    }
  }
}

/// The opcodes of `numpy.float64(value)`.
func numpyScalar(_ value: Double) -> [UInt8] {
  let type =
    global("numpy", "dtype") + text("f8") + [0x89, 0x88, 0x87, 0x52]
    + tuple(integer(3), text("<"), none, none, none, integer(-1), integer(-1), integer(0)) + [0x62]
  return global("numpy.core.multiarray", "scalar") + type
    + shortBytes(littleEndian(value.bitPattern, size: 8)) + [0x86, 0x52]
}
