public import BackflowCheckpoints
internal import OrderedCollections

extension Checkpoint {
  /// Adds a vocabulary to the metadata, as a JSON array: the kind of its symbols (`characters` or
  /// `bytes`), the policy for unknown ones, and all characters as one text.
  ///
  /// - Throws: `CheckpointError` if the metadata have the name already.
  public mutating func insert(
    _ vocabulary: Vocabulary, named name: String
  ) throws(CheckpointError) {
    guard let characters = vocabulary.characters else { return try insert(["bytes"], named: name) }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: characters)
    try insert(["characters", vocabulary.unknown.rawValue, String(text)], named: name)
  }
}

extension Vocabulary {
  /// Reads a vocabulary that a checkpoint has under this name.
  ///
  /// - Throws: `CheckpointError` if there is none, or it is damaged.
  public init(_ checkpoint: Checkpoint, named name: String) throws(CheckpointError) {
    let parts = try checkpoint.texts(named: name)
    if parts == ["bytes"] {
      self = .bytes
      return
    }
    guard parts.count == 3, parts[0] == "characters", let unknown = Unknown(rawValue: parts[1]),
      Set(parts[2].unicodeScalars).count == parts[2].unicodeScalars.count
    else {
      throw CheckpointError(
        checkpoint.origin, entry: name,
        "expected a vocabulary: its kind, the policy for unknown characters, and its characters")
    }
    self.init(Array(parts[2].unicodeScalars), unknown: unknown)
  }
}
