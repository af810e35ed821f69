public import BackflowLayers
internal import BackflowLinearAlgebra
internal import OrderedCollections

extension Parameterized {
  /// Replaces all parameters, buffers and counters by those of a checkpoint, like PyTorch's
  /// `load_state_dict`. Values are converted to the precision of the model, rounding to nearest.
  ///
  /// - Parameters:
  ///   - checkpoint: The checkpoint.
  ///   - prefix: The part of the checkpoint that belongs to the model: with the prefix
  ///     `model_state_dict`, the parameter `weight` is the tensor `model_state_dict.weight`.
  ///     Tensors with other prefixes are not compared.
  ///   - strict: Whether the checkpoint must have every parameter, buffer and counter of the model,
  ///     and no other tensor with that prefix. Otherwise, missing tensors keep their values and
  ///     unexpected ones are ignored. A wrong shape is always an error.
  /// - Returns: The missing and unexpected tensors, which exist only if `strict` is false.
  /// - Throws: `CheckpointError` with every missing, unexpected and misshapen tensor in `mismatch`,
  ///   or with the reason if a tensor cannot be read. The model is then unchanged.
  @discardableResult
  public mutating func load(
    _ checkpoint: Checkpoint, prefix: String = "", strict: Bool = true
  ) throws(CheckpointError) -> Mismatch {
    let contents = ModelContents(of: self)
    guard contents.repeated.isEmpty else {
      throw CheckpointError(checkpoint.origin, ambiguity(contents.repeated))
    }
    let stored = checkpoint.under(prefix)
    let mismatch = contents.mismatch(with: stored, of: checkpoint, prefix)
    guard mismatch.misshapen.isEmpty, !strict || mismatch.isEmpty else {
      throw CheckpointError(
        checkpoint.origin, entry: prefix.isEmpty ? nil : prefix, mismatch.sentence,
        mismatch: mismatch)
    }

    // Everything is read before anything is changed.
    func read<Value>(
      _ name: String, _ values: (StoredTensor) throws(CheckpointError) -> Value
    ) throws(CheckpointError) -> Value? {
      do { return try stored[name].map(values) } catch { throw error.reading(dotted(prefix, name)) }
    }
    var values: [String: Tensor<Scalar>] = [:]
    for name in contents.shapes.keys {
      values[name] = try read(name) { tensor throws(CheckpointError) in try tensor.values() }
    }
    var counts: [String: Int] = [:]
    for name in contents.counters {
      counts[name] = try read(name) { tensor throws(CheckpointError) in try tensor.integers()[0] }
    }
    let take = { (name: String, tensor: inout Tensor<Scalar>) in
      if let value = values[name] { tensor = value }
    }
    visitParameters(take)
    visitBuffers(take)
    visitCounters { name, counter in counter = counts[name] ?? counter }
    return mismatch
  }
}

/// The names and shapes of the tensors of a model.
private struct ModelContents {
  /// The shapes of the parameters and buffers by name.
  private(set) var shapes: OrderedDictionary<String, Shape> = [:]
  /// The names of the counters, which have the shape [].
  private(set) var counters: OrderedSet<String> = []
  /// The names that occur several times.
  private(set) var repeated: OrderedSet<String> = []

  init<Model: Parameterized>(of model: Model) {
    var (shapes, counters, repeated) = (self.shapes, self.counters, self.repeated)
    var copy = model
    let note = { (name: String, tensor: inout Tensor<Model.Scalar>) in
      if shapes.updateValue(tensor.shape, forKey: name) != nil { repeated.append(name) }
    }
    copy.visitParameters(note)
    copy.visitBuffers(note)
    copy.visitCounters { name, _ in
      if shapes[name] != nil || !counters.append(name).inserted { repeated.append(name) }
    }
    (self.shapes, self.counters, self.repeated) = (shapes, counters, repeated)
  }

  /// Returns the differences from the tensors under a prefix of a checkpoint.
  func mismatch(
    with stored: OrderedDictionary<String, StoredTensor>, of checkpoint: Checkpoint,
    _ prefix: String
  ) -> Mismatch {
    var wanted = shapes
    for name in counters { wanted[name] = [] }
    var mismatch = Mismatch()
    for (name, shape) in wanted {
      guard let found = stored[name] else {
        if !mayBeMissing(name) { mismatch.missing.append(name) }
        continue
      }
      if found.shape != Array(shape) {
        mismatch.misshapen.append(
          Mismatch.Misshapen(name: name, expected: Array(shape), found: found.shape))
      }
    }
    mismatch.unexpected = stored.keys.filter { wanted[$0] == nil }
    let required = wanted.keys.filter { !mayBeMissing($0) }
    if mismatch.missing.count == required.count, let first = required.first {
      mismatch.otherPrefix = checkpoint.prefixes(of: first).first { other in
        other != prefix && required.allSatisfy { checkpoint[dotted(other, $0)] != nil }
      }
    }
    return mismatch
  }

  /// Whether a checkpoint may lack a counter. PyTorch counts batches since version 0.4.1, and
  /// accepts older files.
  private func mayBeMissing(_ name: String) -> Bool { name.hasSuffix("num_batches_tracked") }
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
