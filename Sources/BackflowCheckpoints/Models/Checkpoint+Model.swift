internal import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra
internal import OrderedCollections

extension Checkpoint {
  /// Creates a checkpoint of all parameters and buffers of a model, under PyTorch's names.
  ///
  /// - Throws: `CheckpointError` with all names that more than one parameter or buffer has.
  public init<Model: Parameterized>(_ model: Model, prefix: String = "") throws(CheckpointError) {
    self.init()
    try insert(model, prefix: prefix)
  }

  /// Adds all parameters and buffers of a model, with `prefix` and a dot before their names if the
  /// prefix is not empty.
  ///
  /// - Throws: `CheckpointError` with all names that more than one parameter or buffer has, or that
  ///   the checkpoint has already.
  public mutating func insert<Model: Parameterized>(
    _ model: Model, prefix: String = ""
  ) throws(CheckpointError) {
    var repeated: OrderedSet<String> = []
    var added = self
    model.forEachTensor { name, tensor in
      let name = dotted(prefix, name)
      if added.tensors.updateValue(tensor, forKey: name) != nil { repeated.append(name) }
    }
    guard repeated.isEmpty else {
      throw CheckpointError(
        origin,
        "more than one parameter or buffer has the name \(repeated.joined(separator: ", ")); names"
          + " must be unique")
    }
    self = added
  }
}

/// Returns the name of a tensor under a prefix, which may be empty.
func dotted(_ prefix: String, _ name: String) -> String {
  prefix.isEmpty ? name : prefix + "." + name
}

extension Parameterized {
  /// Calls `body` with each parameter and each buffer.
  fileprivate func forEachTensor(_ body: (String, StoredTensor) -> Void) {
    var copy = self
    copy.visitParameters { name, tensor in body(name, StoredTensor(tensor)) }
    copy.visitBuffers { name, tensor in body(name, StoredTensor(tensor)) }
  }

  /// Replaces all parameters and buffers by those of a checkpoint, like PyTorch's
  /// `load_state_dict`. Values are converted to the precision of the model, rounding to nearest.
  ///
  /// - Parameters:
  ///   - checkpoint: The checkpoint.
  ///   - prefix: The part of the checkpoint that belongs to the model: with the prefix
  ///     `model_state_dict`, the parameter `weight` is the tensor `model_state_dict.weight`.
  ///     Tensors with other prefixes are not compared.
  ///   - strict: Whether the checkpoint must have every parameter and buffer of the model, and no
  ///     other tensor with that prefix. Otherwise, missing tensors keep their values and unexpected
  ///     ones are ignored. A wrong shape is always an error.
  /// - Throws: `CheckpointError` with every missing, unexpected and misshapen tensor in `mismatch`,
  ///   or with the reason if a tensor cannot be read. The model is then unchanged.
  public mutating func load(
    _ checkpoint: Checkpoint, prefix: String = "", strict: Bool = true
  ) throws(CheckpointError) {
    let stored = checkpoint.under(prefix)
    var wanted: OrderedDictionary<String, Shape> = [:]
    var copy = self
    let note = { (name: String, tensor: inout Tensor<Scalar>) in wanted[name] = tensor.shape }
    copy.visitParameters(note)
    copy.visitBuffers(note)
    try check(wanted, stored, checkpoint, prefix, strict)

    var values: [String: Tensor<Scalar>] = [:]
    for name in wanted.keys {
      if let tensor = stored[name] { values[name] = try tensor.values() }
    }
    let take = { (name: String, tensor: inout Tensor<Scalar>) in
      if let value = values[name] { tensor = value }
    }
    visitParameters(take)
    visitBuffers(take)
  }

  private func check(
    _ wanted: OrderedDictionary<String, Shape>, _ stored: OrderedDictionary<String, StoredTensor>,
    _ checkpoint: Checkpoint, _ prefix: String, _ strict: Bool
  ) throws(CheckpointError) {
    var mismatch = Mismatch()
    for (name, shape) in wanted {
      if let found = stored[name] {
        if found.shape != Array(shape) {
          mismatch.misshapen.append(
            Mismatch.Misshapen(name: name, expected: Array(shape), found: found.shape))
        }
      } else if strict {
        mismatch.missing.append(name)
      }
    }
    if strict { mismatch.unexpected = stored.keys.filter { wanted[$0] == nil } }
    guard !mismatch.isEmpty else { return }
    if mismatch.missing.count == wanted.count, let first = wanted.keys.first {
      mismatch.otherPrefix = checkpoint.prefixes(of: first).first { other in
        other != prefix && wanted.keys.allSatisfy { checkpoint[dotted(other, $0)] != nil }
      }
    }
    throw CheckpointError(
      checkpoint.origin, entry: prefix.isEmpty ? nil : prefix, mismatch.sentence, mismatch: mismatch
    )
  }
}

extension Checkpoint {
  /// Returns the prefixes under which there is a tensor with this name.
  fileprivate func prefixes(of name: String) -> [String] {
    tensors.keys.compactMap { key in
      if key == name { return "" }
      return key.hasSuffix("." + name) ? String(key.dropLast(name.count + 1)) : nil
    }
  }
}
