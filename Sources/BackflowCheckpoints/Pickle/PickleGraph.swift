/// A reference to a node of a graph.
struct PickleReference: Hashable, Sendable {
  let index: UInt32
}

/// A range of bytes of a pickle.
struct PickleBytes: Sendable {
  private let start: UInt32
  private let length: UInt32

  /// - Precondition: The range is one of a pickle, whose length is limited.
  init(_ range: Range<Int>) { (start, length) = (UInt32(range.lowerBound), UInt32(range.count)) }

  var range: Range<Int> { Int(start)..<Int(start) + count }
  var count: Int { Int(length) }
}

/// A value in a pickle. Values refer to each other by their index in the graph, so that no
/// operation on them is recursive.
enum PickleNode: Sendable {
  case none
  case boolean(Bool)
  case integer(Int64)
  /// An integer that only `UInt64` can represent.
  case unsigned(UInt64)
  /// An integer of more than 64 bits.
  case largeInteger(byteCount: Int)
  case float(Double)
  case text(PickleBytes)
  /// A `bytes` or `bytearray` object, or a `str` of Python 2.
  case bytes(PickleBytes)
  case list([PickleReference])
  case tuple([PickleReference])
  case set([PickleReference])
  /// Keys and values in turn.
  case dictionary([PickleReference])
  /// The name of a class or a function, which is never looked up.
  case global(module: PickleBytes, name: PickleBytes)
  /// An index in `PickleGraph.objects`.
  case object(Int)
  /// A value outside the pickle, which the program that wrote it describes with another value.
  case persistentID(PickleReference)
}

/// A call that Python would make to create an object, and what it would do with the object. Nothing
/// is called.
struct PickleObject: Sendable {
  /// The class or the function.
  let callable: PickleReference
  /// A tuple.
  let arguments: PickleReference
  /// Whether a class creates the object with `__new__`, rather than a function by a call.
  let isNew: Bool
  /// The argument of BUILD: the value of `__dict__`, or the argument of `__setstate__`.
  var state: PickleReference?
  /// The arguments of `append` and `add`.
  var elements: [PickleReference] = []
  /// The arguments of `__setitem__`: keys and values in turn.
  var entries: [PickleReference] = []
  /// A dictionary of named arguments, which many objects can share.
  var keywords: PickleReference?
}

/// The value that a pickle describes, with everything it refers to.
struct PickleGraph: Sendable {
  /// The bytes in which the pickle lies.
  let source: ByteSource
  /// The offset of the pickle in `source`.
  let start: Int
  /// The offset of the first byte in `source` after the pickle.
  var end: Int
  var bytes: [UInt8] = []
  var nodes: [PickleNode] = []
  var objects: [PickleObject] = []
  var root = PickleReference(index: 0)

  subscript(reference: PickleReference) -> PickleNode { nodes[Int(reference.index)] }

  /// The text of a range of bytes, in which invalid UTF-8 is replaced: Python writes unpaired
  /// surrogates, for example.
  func text(_ range: PickleBytes) -> String { String(decoding: bytes[range.range], as: UTF8.self) }

  /// The largest number of bytes of a name. Many values can share one long text, so that reading it
  /// for each of them would take too long.
  static let maximumNameLength = 4096

  /// The text of a node that is a name: a text or a `str` of Python 2, and not too long.
  func text(of reference: PickleReference) -> String? {
    switch self[reference] {
    case .text(let range) where range.count <= PickleGraph.maximumNameLength,
      .bytes(let range) where range.count <= PickleGraph.maximumNameLength:
      text(range)
    default: nil
    }
  }

  func integer(of reference: PickleReference) -> Int? {
    guard case .integer(let value) = self[reference] else { return nil }
    return Int(exactly: value)
  }

  /// The elements of a tuple or a list.
  func sequence(of reference: PickleReference) -> [PickleReference]? {
    switch self[reference] {
    case .tuple(let elements), .list(let elements): elements
    default: nil
    }
  }

  func object(of reference: PickleReference) -> PickleObject? {
    guard case .object(let index) = self[reference] else { return nil }
    return objects[index]
  }

  /// The number of bytes of a module or a class that `global` returns. Those of PyTorch and NumPy
  /// are shorter.
  private static let maximumGlobalLength = 256

  /// The module and the name of a class or a function, with a space between them, as in
  /// `torch._utils _rebuild_tensor_v2`. The ends of long ones are missing.
  func global(_ reference: PickleReference) -> String? {
    guard case .global(let module, let name) = self[reference] else { return nil }
    func start(_ bytes: PickleBytes) -> String {
      String(decoding: self.bytes[bytes.range.prefix(Self.maximumGlobalLength)], as: UTF8.self)
    }
    return start(module) + " " + start(name)
  }

  /// The value of the last entry of a dictionary with a text as its key.
  func value(of key: String, in dictionary: PickleReference) -> PickleReference? {
    guard case .dictionary(let entries) = self[dictionary] else { return nil }
    for index in stride(from: entries.count - 2, through: 0, by: -2) {
      switch self[entries[index]] {
      case .text(let range), .bytes(let range):
        let isKey = range.count == key.utf8.count && bytes[range.range].elementsEqual(key.utf8)
        if isKey { return entries[index + 1] }
      default: break
      }
    }
    return nil
  }

  /// Everything to which a node refers.
  func children(of reference: PickleReference) -> [PickleReference] {
    switch self[reference] {
    case .list(let elements), .tuple(let elements), .set(let elements): return elements
    case .dictionary(let entries): return entries
    case .persistentID(let identifier): return [identifier]
    case .object(let index):
      let object = objects[index]
      return [object.callable, object.arguments] + object.elements + object.entries
        + [object.state, object.keywords].compactMap(\.self)
    default: return []
    }
  }
}
