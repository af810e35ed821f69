internal import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra
internal import OrderedCollections

extension Checkpoint {
  /// Creates a checkpoint of all parameters, buffers and counters of a model, under PyTorch's
  /// names.
  ///
  /// - Throws: `CheckpointError` with all names that more than one parameter, buffer or counter
  ///   has.
  public init<Model: Parameterized>(_ model: Model, prefix: String = "") throws(CheckpointError) {
    self.init()
    try insert(model, prefix: prefix)
  }

  /// Adds all parameters, buffers and counters of a model, with `prefix` and a dot before their
  /// names if the prefix is not empty.
  ///
  /// - Throws: `CheckpointError` with all names that more than one parameter, buffer or counter
  ///   has, or that the checkpoint has already.
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
      throw CheckpointError(origin, ambiguity(repeated))
    }
    self = added
  }
}

/// Returns the name of a tensor under a prefix, which may be empty.
func dotted(_ prefix: String, _ name: String) -> String {
  prefix.isEmpty ? name : prefix + "." + name
}

extension Parameterized {
  /// Calls `body` with each parameter, buffer and counter.
  fileprivate func forEachTensor(_ body: (String, StoredTensor) -> Void) {
    var copy = self
    copy.visitParameters { name, tensor in body(name, StoredTensor(tensor)) }
    copy.visitBuffers { name, tensor in body(name, StoredTensor(tensor)) }
    copy.visitCounters { name, counter in
      body(name, StoredTensor([Int64(counter)], shape: []))
    }
  }

  /// Replaces all parameters, buffers and counters by those of a checkpoint, like PyTorch's
  /// `load_state_dict`. Values are converted to the precision of the model, rounding to nearest.
  ///
  /// - Parameters:
  ///   - checkpoint: The checkpoint.
  ///   - prefix: The part of the checkpoint that belongs to the model: with the prefix
  ///     `model_state_dict`, the parameter `weight` is the tensor `model_state_dict.weight`.
  ///     Tensors with other prefixes are not compared.
  ///   - strict: Whether the checkpoint must have every parameter, buffer and counter of the model,
  ///     and no
  ///     other tensor with that prefix. Otherwise, missing tensors keep their values and unexpected
  ///     ones are ignored. A wrong shape is always an error.
  /// - Throws: `CheckpointError` with every missing, unexpected and misshapen tensor in `mismatch`,
  ///   or with the reason if a tensor cannot be read. The model is then unchanged.
  public mutating func load(
    _ checkpoint: Checkpoint, prefix: String = "", strict: Bool = true
  ) throws(CheckpointError) {
    let stored = checkpoint.under(prefix)
    let (tensorShapes, counterNames, repeated) = contents
    guard repeated.isEmpty else { throw CheckpointError(checkpoint.origin, ambiguity(repeated)) }
    var wanted = tensorShapes
    for name in counterNames { wanted[name] = [] }
    try check(wanted, stored, checkpoint, prefix, strict)

    // Everything is read before anything is changed.
    var values: [String: Tensor<Scalar>] = [:]
    for name in tensorShapes.keys {
      if let tensor = stored[name] { values[name] = try tensor.values() }
    }
    var counts: [String: Int] = [:]
    for name in counterNames {
      if let tensor = stored[name] { counts[name] = try tensor.integers()[0] }
    }
    let take = { (name: String, tensor: inout Tensor<Scalar>) in
      if let value = values[name] { tensor = value }
    }
    visitParameters(take)
    visitBuffers(take)
    visitCounters { name, counter in counter = counts[name] ?? counter }
  }

  /// The shapes of the parameters and buffers by name, and the names of the counters.
  /// Names that occur several times are listed.
  private var contents:
    (shapes: OrderedDictionary<String, Shape>, counters: [String], repeated: OrderedSet<String>)
  {
    var (shapes, counters) = (OrderedDictionary<String, Shape>(), [String]())
    var repeated: OrderedSet<String> = []
    var copy = self
    let note = { (name: String, tensor: inout Tensor<Scalar>) in
      if shapes.updateValue(tensor.shape, forKey: name) != nil { repeated.append(name) }
    }
    copy.visitParameters(note)
    copy.visitBuffers(note)
    copy.visitCounters { name, _ in
      if shapes[name] != nil || counters.contains(name) { repeated.append(name) }
      counters.append(name)
    }
    return (shapes, counters, repeated)
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
      } else if strict, !isOptional(name) {
        mismatch.missing.append(name)
      }
    }
    if strict { mismatch.unexpected = stored.keys.filter { wanted[$0] == nil } }
    guard !mismatch.isEmpty else { return }
    if mismatch.missing.count == wanted.keys.count(where: { !isOptional($0) }),
      let first = wanted.keys.first
    {
      mismatch.otherPrefix = checkpoint.prefixes(of: first).first { other in
        other != prefix
          && wanted.keys.allSatisfy { checkpoint[dotted(other, $0)] != nil || isOptional($0) }
      }
    }
    throw CheckpointError(
      checkpoint.origin, entry: prefix.isEmpty ? nil : prefix, mismatch.sentence, mismatch: mismatch
    )
  }
}

/// The problem that several tensors of a model have the same names.
private func ambiguity(_ names: OrderedSet<String>) -> String {
  "more than one parameter, buffer or counter has the name \(names.joined(separator: ", ")); names"
    + " must be unique"
}

/// Whether a checkpoint may lack a counter. PyTorch counts batches since version 0.4.1, and accepts
/// older files.
private func isOptional(_ name: String) -> Bool { name.hasSuffix("num_batches_tracked") }

extension Checkpoint {
  /// Returns the prefixes under which there is a tensor with this name.
  fileprivate func prefixes(of name: String) -> [String] {
    tensors.keys.compactMap { key in
      if key == name { return "" }
      return key.hasSuffix("." + name) ? String(key.dropLast(name.count + 1)) : nil
    }
  }
}
