internal import OrderedCollections

// The keys and values of dictionaries.

extension TorchWalk {
  /// The keys and values of which a dictionary is made, and what else may be in it.
  struct Pairs {
    /// Lists of keys and values in turn. Later ones replace earlier ones.
    var lists: [[PickleReference]] = []
    /// Values that are not understood.
    var rest: [PickleReference] = []
  }

  /// How many dictionaries that are made of each other are followed.
  private static let maximumCopyCount = 16

  /// Returns the entries of a dictionary. Of several entries with the same key, the last one
  /// counts, as in Python.
  ///
  /// - Parameter lists: Keys and values in turn.
  mutating func named(_ lists: [[PickleReference]]) throws(CheckpointError) -> [TorchChild] {
    var children: OrderedDictionary<TorchKey, TorchChild> = [:]
    for entries in lists {
      for index in stride(from: 0, to: entries.count - 1, by: 2) {
        try spend(tensors.keyCost(entries[index]))
        let key = tensors.key(entries[index], at: index / 2)
        try spend(1 + key.text.utf8.count / 64)
        children[key] = TorchChild(name: key.text, reference: entries[index + 1])
      }
    }
    return Array(children.values)
  }

  /// The named arguments of an object.
  func keywords(of object: PickleObject) -> [PickleReference] {
    guard let keywords = object.keywords, case .dictionary(let entries) = graph[keywords] else {
      return []
    }
    return entries
  }

  /// Returns the entries and the attributes of an ordered dictionary or another one that a call
  /// makes, and an omission if other parts of it have tensors.
  mutating func entries(of reference: PickleReference) throws(CheckpointError) -> [TorchChild] {
    let found = try pairs(reference, isCopied: false)
    var children = try named(found.lists)
    children += try unread("contents", found.rest)
    guard let object = graph.object(of: reference) else { return children }
    return try children + attributes(of: object).children
  }

  /// Returns the keys and values of a dictionary or of the argument of `dict`: another dictionary,
  /// or a list of pairs.
  ///
  /// - Parameter isCopied: Whether the attributes of an ordered dictionary do not belong to the
  ///   result.
  mutating func pairs(
    _ reference: PickleReference, isCopied: Bool = true
  ) throws(CheckpointError) -> Pairs {
    var (reference, inner) = (tensors.untagged(reference), [[PickleReference]]())
    var result = Pairs()
    for count in 0...TorchWalk.maximumCopyCount {
      if case .dictionary(let entries) = graph[reference] {
        inner.append(entries)
        break
      }
      if let list = graph.sequence(of: reference) {
        inner.append(try entries(ofPairs: list, &result.rest))
        break
      }
      guard count < TorchWalk.maximumCopyCount, tensors.isDictionary(reference),
        let object = graph.object(of: reference),
        let arguments = graph.sequence(of: object.arguments)
      else {
        result.rest.append(reference)
        break
      }
      try spend(arguments.count)
      if count > 0 || isCopied, let state = object.state { result.rest.append(state) }
      inner += [object.entries, keywords(of: object)]
      result.rest += object.elements
      var position = 0
      if case .defaultDictionary? = tensors.function(of: object) { position = 1 }
      result.rest += arguments[..<min(position, arguments.count)]
      result.rest += arguments.dropFirst(position + 1)
      guard position < arguments.count else { break }
      reference = tensors.untagged(arguments[position])
    }
    result.lists = inner.reversed()
    return result
  }

  private mutating func entries(
    ofPairs list: [PickleReference], _ rest: inout [PickleReference]
  ) throws(CheckpointError) -> [PickleReference] {
    try spend(list.count)
    var entries: [PickleReference] = []
    for pair in list {
      if let parts = graph.sequence(of: pair), parts.count == 2 {
        entries += parts
      } else {
        rest.append(pair)
      }
    }
    return entries
  }
}

extension TorchTensors {
  /// Whether a value is a dictionary, or a call that makes one.
  func isDictionary(_ reference: PickleReference) -> Bool {
    let reference = untagged(reference)
    if case .dictionary = graph[reference] { return true }
    guard let object = graph.object(of: reference) else { return false }
    switch function(of: object) {
    case .dictionary?, .defaultDictionary?: return true
    default: return false
    }
  }
}
