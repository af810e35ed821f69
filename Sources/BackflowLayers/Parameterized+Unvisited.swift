internal import BackflowKernels
internal import BackflowLinearAlgebra

extension Parameterized {
  /// The paths of the tensors of stored layers that this value visits neither as parameters nor as
  /// buffers, such as "output.weight". They would be neither trained nor saved.
  ///
  /// The layers are found by reflection: the stored properties of this value, of its layers, and of
  /// optional values, arrays, tuples and dictionaries with layers. A layer that is not to be
  /// trained belongs in `Frozen`, which visits its parameters as buffers.
  ///
  /// A layer that is a copy of a visited one counts as visited as long as both share their
  /// elements, which is until one of them is changed.
  ///
  /// - Complexity: O(stored properties), some microseconds for each layer.
  public var unvisitedParameters: [String] {
    var found = Reflection(visited: Set(tensorIdentities().map(\.identity)))
    found.addLayers(of: self, at: "")
    return found.unvisited
  }

  /// Stops the program if a stored layer is not visited. Optimizers and checkpoints check a model
  /// with this method when they are made, and not again.
  package func requireAllVisited(by owner: String) {
    let unvisited = unvisitedParameters
    require(
      unvisited.isEmpty,
      "\(owner): \(Self.self) stores parameters that it does not visit: "
        + unvisited.joined(separator: ", ")
        + ". Visit their layers in visitParameters and visitBuffers, or wrap a layer that is not to"
        + " be trained in Frozen")
  }

  /// The names and identities of all parameters and buffers that have elements.
  fileprivate func tensorIdentities() -> [(name: String, identity: ObjectIdentifier)] {
    var tensors: [(name: String, identity: ObjectIdentifier)] = []
    func add(_ name: String, _ tensor: Tensor<Scalar>) {
      if tensor.count > 0 { tensors.append((name, tensor.storage.identity)) }
    }
    readParameters(under: "", add)
    var copy = self
    copy.visitBuffers { name, buffer in add(name, buffer) }
    return tensors
  }
}

/// A walk through the stored properties of a model.
private struct Reflection {
  let visited: Set<ObjectIdentifier>
  private(set) var unvisited: [String] = []

  init(visited: Set<ObjectIdentifier>) { self.visited = visited }

  /// Adds the unvisited tensors of the layers that `value` stores. A layer with such a tensor is
  /// not searched further, because it names those of its own layers.
  mutating func addLayers(of value: Any, at path: String) {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .class: return  // A reference is not part of a value, and may lead back to it.
    case .collection, .set, .dictionary:
      // A list of numbers may be long.
      guard let first = mirror.children.lazy.map(\.value).first(where: { !isNone($0) }) else {
        return
      }
      guard first is any Parameterized || mayHoldLayers(first) else { return }
    default: break
    }
    for (index, child) in mirror.children.enumerated() {
      let path = childPath(child.label, index, mirror.displayStyle, in: path)
      if let layer = child.value as? any Parameterized {
        let missing = layer.unvisitedNames(visited)
        unvisited += missing.map { path + "." + $0 }
        if !missing.isEmpty { continue }
      }
      if mayHoldLayers(child.value) { addLayers(of: child.value, at: path) }
    }
  }

  private func isNone(_ value: Any) -> Bool {
    let mirror = Mirror(reflecting: value)
    return mirror.displayStyle == .optional && mirror.children.isEmpty
  }

  private func mayHoldLayers(_ value: Any) -> Bool {
    !(value is any StoredElements) && !Mirror(reflecting: value).children.isEmpty
  }

  private func childPath(
    _ label: String?, _ index: Int, _ style: Mirror.DisplayStyle?, in path: String
  ) -> String {
    let name: String? =
      switch style {
      case .optional: nil
      case .collection, .set, .dictionary: "\(index)"
      // The elements of a tuple without labels are ".0", ".1", ….
      default: label.map { String($0.drop { $0 == "." }) } ?? "\(index)"
      }
    guard let name else { return path }
    return path.isEmpty ? name : path + "." + name
  }
}

/// A tensor of any precision, whose properties are not searched.
private protocol StoredElements {}
extension Tensor: StoredElements {}

extension Parameterized {
  /// Returns the names of the tensors whose identities are not among those of `visited`.
  fileprivate func unvisitedNames(_ visited: Set<ObjectIdentifier>) -> [String] {
    tensorIdentities().filter { !visited.contains($0.identity) }.map(\.name)
  }
}
