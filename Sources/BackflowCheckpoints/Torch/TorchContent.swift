internal import OrderedCollections

/// A value in a container, with its part of the name.
struct TorchChild {
  let name: String
  let reference: PickleReference
  /// The reason why the value is not visited, if it is not.
  var omission: String?
}

/// What a value that is not a tensor contributes to a checkpoint.
enum TorchContent {
  /// None, and what has no meaning outside the program that wrote it.
  case nothing
  /// A number, a text or a small value of Python, as metadata.
  case text(String)
  /// A value that is not read.
  case other(String)
  case children([TorchChild])
}

extension TorchWalk {
  mutating func content(
    of reference: PickleReference
  ) throws(CheckpointError) -> TorchContent {
    if let text = tensors.plainText(of: reference) { return .text(text) }
    switch graph[reference] {
    case .none: return .nothing
    case .largeInteger(let count): return .other("an integer of \(counted(count, "byte"))")
    case .text(let bytes): return .other("a text of \(counted(bytes.count, "byte"))")
    case .bytes(let bytes): return .other(counted(bytes.count, "byte"))
    case .list(let elements), .tuple(let elements): return .children(try numbered(elements))
    case .set(let elements): return .other("a set of \(counted(elements.count, "value"))")
    case .dictionary(let entries): return .children(try named(entries))
    case .global(let module, let name):
      return .other(
        "the class or function \(escaped(graph.text(module))).\(escaped(graph.text(name)))")
    case .persistentID:
      guard let name = tensors.storages.classes[reference].flatMap({ graph.global($0) }) else {
        return .other("a storage that is not part of a tensor")
      }
      return .other("the class \(dotted(name))")
    case .object(let index): return try content(of: graph.objects[index])
    case .boolean, .integer, .unsigned, .float: return .nothing
    }
  }

  private mutating func content(
    of object: PickleObject
  ) throws(CheckpointError) -> TorchContent {
    let arguments = graph.sequence(of: object.arguments) ?? []
    try spend(arguments.count)
    let children: [TorchChild]
    switch tensors.function(of: object) {
    case .dictionary?: children = try named(try pairs(arguments.first) + object.entries)
    case .defaultDictionary?:
      children = try named(try pairs(arguments.dropFirst().first) + object.entries)
    case .list?:
      let first = arguments.first.flatMap { graph.sequence(of: $0) } ?? []
      children = try numbered(first + object.elements)
    case .set?:
      let count = arguments.reduce(object.elements.count) { $0 + tensors.entryCount(of: $1) }
      return .other("a set of \(counted(count, "value"))")
    default: return try contentOfUnknown(object, arguments)
    }
    return .children(children + (try attributes(of: object)))
  }

  /// The attributes, entries and elements of an object of any other class.
  private mutating func contentOfUnknown(
    _ object: PickleObject, _ arguments: [PickleReference]
  ) throws(CheckpointError) -> TorchContent {
    if let module = try moduleChildren(of: object) { return .children(module) }
    // Named tuples and other subclasses of tuple have their elements as arguments.
    let elements = object.isNew && arguments.contains(where: holdsTensors) ? arguments : []
    var children = try numbered(elements + object.elements)
    children += try named(object.entries)
    children += try attributes(of: object)
    guard children.isEmpty else { return .children(children) }
    let name = graph.global(tensors.storages.classes[object.callable] ?? object.callable)
    return .other("an object of \(name.map(dotted) ?? "an unknown class")")
  }

  /// The entries of the dictionary of attributes, and of the one of slots.
  private mutating func attributes(
    of object: PickleObject
  ) throws(CheckpointError) -> [TorchChild] {
    guard let state = object.state else { return [] }
    var entries: [PickleReference] = []
    switch graph[state] {
    case .dictionary(let attributes): entries = attributes
    case .tuple(let parts) where parts.count == 2:
      for part in parts {
        switch graph[part] {
        case .dictionary(let attributes): entries += attributes
        case .none: break
        default: return []
        }
      }
    default: return []
    }
    // `_metadata` has the versions of the modules of a state_dict.
    return try named(entries).filter { $0.name != "_metadata" }
  }

  // MARK: - Names

  private mutating func numbered(
    _ elements: [PickleReference]
  ) throws(CheckpointError) -> [TorchChild] {
    try spend(elements.count)
    return elements.enumerated().map { TorchChild(name: String($0), reference: $1) }
  }

  /// Returns the entries of a dictionary. Of several entries with the same key, the last one
  /// counts, as in Python.
  mutating func named(_ entries: [PickleReference]) throws(CheckpointError) -> [TorchChild] {
    var children: OrderedDictionary<TorchKey, TorchChild> = [:]
    for index in stride(from: 0, to: entries.count - 1, by: 2) {
      let key = tensors.key(entries[index], at: index / 2)
      try spend(1 + key.text.utf8.count / 64)
      children[key] = TorchChild(name: key.text, reference: entries[index + 1])
    }
    return Array(children.values)
  }

  /// Returns the keys and values of the argument of `dict`: a dictionary, or a list of pairs.
  mutating func pairs(
    _ reference: PickleReference?
  ) throws(CheckpointError) -> [PickleReference] {
    guard let reference else { return [] }
    if case .dictionary(let entries) = graph[reference] { return entries }
    let list = graph.sequence(of: reference) ?? []
    try spend(list.count)
    return list.flatMap { pair in
      let parts = graph.sequence(of: pair) ?? []
      return parts.count == 2 ? parts : []
    }
  }
}

/// A key of a dictionary. The text "1" and the number 1 are different keys.
struct TorchKey: Hashable {
  let isText: Bool
  let text: String
}

/// Returns a number and a noun, in the plural unless the number is 1.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
