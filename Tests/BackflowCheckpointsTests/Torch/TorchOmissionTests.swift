import Backflow
import Testing

/// Files in which tensors are in places that this reader does not know. None of them may be lost
/// without an omission.
@Suite struct `A tensor in an unusual place` {
  private static let one = numpyScalar(1)
  private static let two = numpyScalar(2)
  private static let orderedDictionary = global("collections", "OrderedDict") + [0x29, 0x52]
  /// OrderedDict with the entry w.
  private static let ordered = orderedDictionary + text("w") + one + [0x73]
  private static let object = global("some", "Class") + [0x29, 0x81]

  static let read: [(name: String, opcodes: [UInt8])] = [
    ("an ordered dictionary of another", global("collections", "OrderedDict") + ordered + call(1)),
    (
      "a default dictionary of an ordered one",
      global("collections", "defaultdict") + global("builtins", "list") + ordered + call(2)
    ),
    (
      "a dictionary of a list of pairs",
      global("builtins", "dict") + [0x5D] + text("w") + one + [0x86, 0x61] + call(1)
    ),
    (
      "a dictionary with a type of TorchScript",
      global("torch.jit._pickle", "restore_type_tag") + dictionary(("w", one))
        + text("Dict[str, Tensor]") + call(2)
    ),
    (
      "a tensor with a type in another type",
      dictionary(("w", tag(tag(one))))
    ),
    ("a state that is an ordered dictionary", object + ordered + [0x62]),
    ("slots that are an ordered dictionary", object + none + ordered + [0x86, 0x62]),
    ("named arguments", global("some", "Class") + [0x29] + dictionary(("w", one)) + [0x92]),
  ]

  /// TUPLE1 or TUPLE2, and REDUCE.
  private static func call(_ count: UInt8) -> [UInt8] { [0x84 + count, 0x52] }

  private static func tag(_ value: [UInt8]) -> [UInt8] {
    global("torch.jit._pickle", "restore_type_tag") + value + text("Tensor") + call(2)
  }

  @Test(arguments: read)
  func `is read`(name: String, opcodes: [UInt8]) throws {
    let checkpoint = try checkpoint(pickle(dictionary(("x", opcodes))))
    #expect(checkpoint.tensors.keys == ["x.w"], "\(name)")
    #expect(checkpoint.omissions.isEmpty, "\(name)")
  }

  @Test func `named _metadata is read`() throws {
    let state = dictionary(("_metadata", Self.one), ("w", Self.two))
    let checkpoint = try checkpoint(pickle(Self.object + state + [0x62]))
    #expect(checkpoint.tensors.keys == ["_metadata", "w"])
  }

  static let omitted: [(name: String, opcodes: [UInt8], omission: String)] = [
    (
      "a list of triples",
      global("collections", "OrderedDict") + [0x5D]
        + tuple(text("k"), one, none) + [0x61] + call(1), "x.contents"
    ),
    ("a list of an unknown object", global("builtins", "list") + unknown + call(1), "x.arguments"),
    (
      "a state that is a list", ordered + [0x5D] + two + [0x61, 0x62], "x.state"
    ),
    (
      "a state of three values beside elements",
      object + one + [0x61] + tuple(two, none, none) + [0x62], "x.state"
    ),
    (
      "arguments beside attributes",
      global("some", "function") + two + call(1) + dictionary(("w", one)) + [0x62], "x.arguments"
    ),
    (
      "arguments of a module",
      global("some", "Net") + two + [0x85, 0x81]
        + dictionary(
          ("_parameters", dictionary(("w", one))), ("_buffers", [0x7D]), ("_modules", [0x7D]))
        + [0x62], "x.arguments"
    ),
    (
      "the state of a parameter",
      global("torch._utils", "_rebuild_parameter") + values + call(1) + dictionary(("grad", two))
        + [0x62], "x"
    ),
    (
      "the state of a tensor inside a parameter",
      global("torch._utils", "_rebuild_parameter")
        + global("torch._utils", "_rebuild_parameter") + values + call(1) + two + [0x62] + call(1),
      "x"
    ),
    (
      "the state argument of a parameter",
      global("torch._utils", "_rebuild_parameter_with_state")
        + tuple(values, [0x88], none, dictionary(("grad", two))) + [0x52], "x"
    ),
  ]

  private static let values = array([1], "f4", floats(1..<2))
  private static let unknown = global("some", "function") + one + call(1)

  @Test(arguments: omitted)
  func `is named in an omission`(name: String, opcodes: [UInt8], omission: String) throws {
    let checkpoint = try checkpoint(pickle(dictionary(("x", opcodes))))
    #expect(checkpoint.omissions.map(\.name) == [omission], "\(name)")
    #expect(checkpoint.omissions.first?.reason.hasSuffix("tensors") == true, "\(name)")
    #expect(checkpoint.tensors.count <= 1, "\(name)")
  }

  @Test func `with unknown flags is not read`() throws {
    let flags = Self.orderedDictionary + text("neg") + [0x88, 0x73]
    for unknown in [flags, [0x88], [0x29]] {
      let file = StreamFile(dictionary(("x", tensor(flags: unknown))))
      let checkpoint = try checkpoint(file.bytes)
      #expect(checkpoint.tensors.isEmpty)
      #expect(checkpoint.omissions.map(\.reason) == ["a tensor with unknown flags"])
    }
    let file = StreamFile(dictionary(("x", tensor(flags: none))))
    #expect(try checkpoint(file.bytes).tensors.count == 1)
  }
}
