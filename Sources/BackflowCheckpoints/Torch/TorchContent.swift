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
    case .dictionary(let entries): return .children(try named([entries]))
    case .global:
      return .other("the class or function \(graph.global(reference).map(dotted) ?? "")")
    case .persistentID:
      guard let name = tensors.storages.classes[reference].flatMap({ graph.global($0) }) else {
        return .other("a storage that is not part of a tensor")
      }
      return .other("the class \(dotted(name))")
    case .object(let index): return try content(of: graph.objects[index], reference)
    case .boolean, .integer, .unsigned, .float: return .nothing
    }
  }

  private mutating func content(
    of object: PickleObject, _ reference: PickleReference
  ) throws(CheckpointError) -> TorchContent {
    let arguments = graph.sequence(of: object.arguments) ?? []
    try spend(arguments.count)
    switch tensors.function(of: object) {
    case .dictionary?, .defaultDictionary?: return .children(try entries(of: reference))
    case .list?:
      let first = arguments.first.map(tensors.untagged)
      let list = first.flatMap { graph.sequence(of: $0) }
      let others = list == nil ? arguments : Array(arguments.dropFirst())
      var children = try numbered((list ?? []) + object.elements)
      children += try unread("arguments", others)
      children += try unread("entries", object.entries + keywords(of: object))
      return .children(try children + attributes(of: object).children)
    case .set?:
      let count = arguments.reduce(object.elements.count) { $0 + tensors.entryCount(of: $1) }
      return .other("a set of \(counted(count, "value"))")
    default: return try contentOfUnknown(object, arguments)
    }
  }

  /// The attributes, entries and elements of an object of any other class.
  private mutating func contentOfUnknown(
    _ object: PickleObject, _ arguments: [PickleReference]
  ) throws(CheckpointError) -> TorchContent {
    if let module = try moduleChildren(of: object) { return .children(module) }
    // Named tuples and other subclasses of tuple have their elements as arguments.
    let isTuple = object.isNew && arguments.contains(where: holdsTensors)
    var children = try numbered((isTuple ? arguments : []) + object.elements)
    children += try named([keywords(of: object), object.entries])
    let found = try attributes(of: object)
    children += found.children
    guard !children.isEmpty, !found.isUnknown || children.count > 1 else {
      let name = graph.global(tensors.storages.classes[object.callable] ?? object.callable)
      return .other("an object of \(name.map(dotted) ?? "an unknown class")")
    }
    if !isTuple { children += try unread("arguments", arguments) }
    return .children(children)
  }

  /// The entries of the dictionary of attributes, and of the one of slots.
  mutating func attributes(
    of object: PickleObject
  ) throws(CheckpointError) -> (children: [TorchChild], isUnknown: Bool) {
    guard let state = object.state else { return ([], false) }
    var dictionaries = [state]
    if case .tuple(let parts) = graph[state], parts.count == 2 { dictionaries = parts }
    var (lists, isKnown) = ([[PickleReference]](), true)
    for dictionary in dictionaries {
      if case .none = graph[dictionary] { continue }
      guard tensors.isDictionary(dictionary) else {
        isKnown = false
        continue
      }
      let found = try pairs(dictionary)
      lists += found.lists
      isKnown = isKnown && found.rest.isEmpty
    }
    // `_metadata` has the versions of the modules of a state_dict.
    let children = try named(lists).filter {
      $0.name != "_metadata" || holdsTensors($0.reference)
    }
    if isKnown { return (children, false) }
    let rest = try unread("state", [state])
    return (children + rest, children.isEmpty && !rest.isEmpty)
  }

  /// The parts of an object that are not part of a module, and have tensors.
  mutating func unreadParts(of object: PickleObject) throws(CheckpointError) -> [TorchChild] {
    try unread("arguments", [object.arguments]) + unread("keywords", keywords(of: object))
      + unread("elements", object.elements) + unread("entries", object.entries)
  }

  /// Returns an omission if tensors are among values that are not understood.
  mutating func unread(
    _ name: String, _ values: [PickleReference]
  ) throws(CheckpointError) -> [TorchChild] {
    try spend(values.count)
    guard let first = values.first(where: holdsTensors) else { return [] }
    return [
      TorchChild(
        name: name, reference: first,
        omission: "a part of an object that is not understood, with tensors")
    ]
  }

  // MARK: - Names

  private mutating func numbered(
    _ elements: [PickleReference]
  ) throws(CheckpointError) -> [TorchChild] {
    try spend(elements.count)
    return elements.enumerated().map { TorchChild(name: String($0), reference: $1) }
  }
}

/// A key of a dictionary. The text "1" and the number 1 are different keys.
struct TorchKey: Hashable {
  let isText: Bool
  let text: String
}

/// Returns a number and a noun, in the plural unless the number is 1.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
