// Modules that were saved whole, and those of TorchScript.

extension TorchWalk {
  /// Returns the children of a module in the order of its `state_dict`: its parameters, its
  /// persistent buffers, its modules, and then its attributes. The result is `nil` for other
  /// objects.
  mutating func moduleChildren(
    of object: PickleObject
  ) throws(CheckpointError) -> [TorchChild]? {
    guard let state = object.state, case .dictionary(let entries) = graph[state] else { return nil }
    if graph.global(object.callable)?.hasPrefix("__torch__") == true {
      return try scriptChildren(entries) + (try unreadParts(of: object))
    }
    // For the search for names.
    try spend(entries.count / 2)
    guard let parameters = try mapping("_parameters", of: state),
      let buffers = try mapping("_buffers", of: state),
      let modules = try mapping("_modules", of: state)
    else { return nil }
    let temporary = try temporaryBuffers(of: state)
    let listed = buffers.map { child in
      guard temporary.contains(child.name) else { return child }
      return TorchChild(
        name: child.name, reference: child.reference, omission: "a buffer that is not persistent")
    }
    return parameters + listed + modules + (try attributes(entries)) + (try unreadParts(of: object))
  }

  /// Returns the entries of an attribute that is a dictionary or an ordered dictionary.
  private mutating func mapping(
    _ name: String, of state: PickleReference
  ) throws(CheckpointError) -> [TorchChild]? {
    guard let value = graph.value(of: name, in: state).map(tensors.untagged) else { return nil }
    if case .dictionary(let entries) = graph[value] { return try named([entries]) }
    guard let object = graph.object(of: value), case .dictionary? = tensors.function(of: object)
    else { return nil }
    return try entries(of: value)
  }

  private mutating func temporaryBuffers(
    of state: PickleReference
  ) throws(CheckpointError) -> Set<String> {
    guard let value = graph.value(of: "_non_persistent_buffers_set", in: state) else { return [] }
    var elements: [PickleReference] = []
    if case .set(let members) = graph[value] {
      elements = members
    } else if let object = graph.object(of: value) {
      // The set of protocol 2.
      let first = graph.sequence(of: object.arguments)?.first
      elements = (first.flatMap { graph.sequence(of: $0) } ?? []) + object.elements
    }
    // Many modules can share one long set.
    try spend(elements.count)
    var names: Set<String> = []
    for element in elements {
      guard let name = graph.text(of: element) else { continue }
      try spend(name.utf8.count / 64)
      names.insert(name)
    }
    return names
  }

  /// Returns the attributes of a module that say how it was made, such as `hidden_size`. Tensors
  /// among the attributes are not part of a `state_dict`, and no names for `load`.
  private mutating func attributes(
    _ entries: [PickleReference]
  ) throws(CheckpointError) -> [TorchChild] {
    try named([entries]).compactMap { child in
      if TorchModules.parts.contains(child.name) { return nil }
      if holdsTensors(child.reference) {
        return TorchChild(
          name: child.name, reference: child.reference,
          omission: "an attribute with tensors that are not in the state_dict of the module")
      }
      return child.name.hasPrefix("_") || child.name == "training" ? nil : child
    }
  }

  /// Returns the attributes of a module of TorchScript, which are tensors, modules and constants.
  private mutating func scriptChildren(
    _ entries: [PickleReference]
  ) throws(CheckpointError) -> [TorchChild] {
    try named([entries]).filter { child in
      if TorchModules.parts.contains(child.name) || child.name == "training" { return false }
      return !child.name.hasPrefix("_") || holdsTensors(child.reference)
    }
  }
}

private enum TorchModules {
  /// The attributes of a module with its parts, and those of a recurrent layer with the same
  /// tensors once more.
  static let parts: Set = [
    "_parameters", "_buffers", "_modules", "_flat_weights", "_flat_weight_refs",
    "_flat_weights_names", "_all_weights",
  ]
}
