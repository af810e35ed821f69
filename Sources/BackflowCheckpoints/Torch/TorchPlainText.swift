// Numbers and other small values as Python prints them.

extension TorchTensors {
  /// Returns a number, a Boolean value, a short text, or a type, device, shape or version of
  /// PyTorch as text, and `nil` for other values.
  func plainText(of reference: PickleReference) -> String? {
    switch graph[reference] {
    case .boolean(let value): return value ? "True" : "False"
    case .integer(let value): return String(value)
    case .unsigned(let value): return String(value)
    case .float(let value): return String(value)
    case .text(let bytes):
      return bytes.count <= TorchWalk.maximumTextLength ? graph.text(bytes) : nil
    case .bytes(let bytes):
      // A text of Python 2, if it looks like one.
      let isText =
        (1...TorchWalk.maximumTextLength).contains(bytes.count)
        && graph.bytes[bytes.range].allSatisfy { (0x20..<0x7F).contains($0) }
      return isText ? graph.text(bytes) : nil
    case .global:
      guard let name = graph.global(reference), name.hasPrefix("torch "),
        let first = name.dropFirst("torch ".count).first, first.isLowercase,
        ElementType(rawValue: String(name.dropFirst("torch ".count))) != nil
      else { return nil }
      return dotted(name)
    case .object(let index): return plainText(of: graph.objects[index])
    default: return nil
    }
  }

  private func plainText(of object: PickleObject) -> String? {
    guard let name = graph.global(object.callable),
      let arguments = graph.sequence(of: object.arguments), arguments.count <= 2,
      let first = arguments.first
    else { return nil }
    switch name {
    case "torch.torch_version TorchVersion": return graph.text(of: first)
    case "torch device":
      let parts = arguments.compactMap { graph.text(of: $0) ?? graph.integer(of: $0)?.description }
      return parts.joined(separator: ":")
    case "torch Size":
      guard let elements = graph.sequence(of: first), elements.count <= StridedLayout.maximumRank
      else { return nil }
      let extents = elements.compactMap { graph.integer(of: $0) }
      return extents.count == elements.count ? extents.description : nil
    default: return nil
    }
  }

  /// Returns the key of a dictionary as part of a name.
  ///
  /// - Parameter position: The position of the entry, for keys without a text.
  func key(_ reference: PickleReference, at position: Int) -> TorchKey {
    if let text = graph.text(of: reference) { return TorchKey(isText: true, text: text) }
    return TorchKey(isText: false, text: otherKey(reference) ?? "key \(position)")
  }

  /// The steps for the texts of a key that is a tuple. Many entries can share such a key.
  func keyCost(_ reference: PickleReference) -> Int {
    guard case .tuple(let elements) = graph[reference],
      elements.count <= StridedLayout.maximumRank
    else { return 0 }
    return elements.reduce(0) { cost, element in
      switch graph[element] {
      case .text(let bytes), .bytes(let bytes):
        cost + 1 + min(bytes.count, TorchWalk.maximumTextLength) / 64
      default: cost + 1
      }
    }
  }

  private func otherKey(_ reference: PickleReference) -> String? {
    switch graph[reference] {
    case .none: return "None"
    case .global: return graph.global(reference).map(dotted)
    case .tuple(let elements):
      guard elements.count <= StridedLayout.maximumRank else { return nil }
      var parts: [String] = []
      for element in elements {
        guard let text = plainText(of: element) else { return nil }
        parts.append(escaped(text))
      }
      return "(" + parts.joined(separator: ", ") + (parts.count == 1 ? ",)" : ")")
    default: return plainText(of: reference)
    }
  }
}
