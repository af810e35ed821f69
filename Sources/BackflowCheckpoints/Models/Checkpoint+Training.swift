public import BackflowLayers
public import BackflowLinearAlgebra
internal import OrderedCollections

// A training that is saved with all of these continues with the same bits:
//
//     var checkpoint = try Checkpoint(model, prefix: "model")
//     try checkpoint.insert(optimizer, prefix: "optimizer")
//     try checkpoint.insert(plateau, prefix: "plateau")
//     try checkpoint.insert(random, named: "random")
//     try checkpoint.insert(epoch, named: "epoch")
//     try checkpoint.write(to: "run.safetensors")
//
//     let checkpoint = try Checkpoint(contentsOf: "run.safetensors")
//     try model.load(checkpoint, prefix: "model")
//     try optimizer.load(checkpoint, prefix: "optimizer")
//     try plateau.load(checkpoint, prefix: "plateau")
//     random = try checkpoint.randomSource(named: "random")
//     epoch = try checkpoint.integer(named: "epoch")

extension Checkpoint {
  /// The name of the learning rate under the prefix of an optimizer.
  fileprivate static let learningRate = "learning_rate"

  /// Adds the state of an optimizer: the number of steps, the accumulated tensors, and the current
  /// learning rate. A `Schedule` depends on the number of steps only, and has no other state.
  ///
  /// - Throws: `CheckpointError` if the checkpoint has one of the names already.
  public mutating func insert<Rule: Optimizer>(
    _ optimizer: Rule, prefix: String
  ) throws(CheckpointError) {
    var added = self
    try added.insert(optimizer.state, prefix: prefix)
    try added.insert(
      StoredTensor(Tensor<Double>(scalar: optimizer.learningRate)),
      named: dotted(prefix, Checkpoint.learningRate))
    self = added
  }

  /// Adds the state of a reduction on a plateau or of early stopping.
  ///
  /// - Throws: `CheckpointError` if the checkpoint has one of the names already.
  public mutating func insert<Rule: MeasurementRule>(
    _ rule: Rule, prefix: String
  ) throws(CheckpointError) {
    try insert(rule.state, prefix: prefix)
  }

  /// Adds the state of a random source, as four integers of 64 bits.
  ///
  /// - Throws: `CheckpointError` if the checkpoint has the name already.
  public mutating func insert(_ random: RandomSource, named name: String) throws(CheckpointError) {
    let (a, b, c, d) = random.state
    try insert(StoredTensor([a, b, c, d], shape: [4]), named: name)
  }

  /// Adds an integer, such as the number of epochs or the position in the data.
  ///
  /// - Throws: `CheckpointError` if the checkpoint has the name already.
  public mutating func insert(_ integer: Int, named name: String) throws(CheckpointError) {
    try insert(StoredTensor([Int64(integer)], shape: []), named: name)
  }

  /// Adds a tensor.
  ///
  /// - Throws: `CheckpointError` if the checkpoint has the name already.
  public mutating func insert(
    _ tensor: StoredTensor, named name: String
  ) throws(CheckpointError) {
    guard tensors[name] == nil else {
      throw CheckpointError(origin, entry: name, "the checkpoint has a tensor of this name already")
    }
    tensors[name] = tensor
  }

  /// Returns an integer that was added under this name.
  ///
  /// - Throws: `CheckpointError` if there is no such integer.
  public func integer(named name: String) throws(CheckpointError) -> Int {
    try integers(1, named: name)[0]
  }

  /// Returns a random source that continues with the bits of the one that was added.
  ///
  /// - Throws: `CheckpointError` if there is no such state.
  public func randomSource(named name: String) throws(CheckpointError) -> RandomSource {
    let words: [UInt64] = try integers(4, named: name)
    guard words != [0, 0, 0, 0] else {
      throw CheckpointError(
        origin, entry: name, "expected the state of a random source, found zeros only")
    }
    return RandomSource(state: (words[0], words[1], words[2], words[3]))
  }

  private func integers<Integer: FixedWidthInteger>(
    _ count: Int, named name: String
  ) throws(CheckpointError) -> [Integer] {
    guard let tensor = tensors[name] else {
      throw CheckpointError(origin, entry: name, "the checkpoint has no tensor of this name")
    }
    guard tensor.count == count else {
      throw CheckpointError(
        origin, entry: name,
        "expected \(count == 1 ? "an integer" : "\(count) integers"), found shape \(tensor.shape)")
    }
    return try tensor.integers()
  }
}

extension Optimizer {
  /// Continues from the state of an optimizer of the same kind in a checkpoint, with its learning
  /// rate.
  ///
  /// - Throws: `CheckpointError` if the state belongs to another optimizer or model, or is damaged.
  ///   Nothing is changed then.
  public mutating func load(
    _ checkpoint: Checkpoint, prefix: String
  ) throws(CheckpointError) {
    let rateName = dotted(prefix, Checkpoint.learningRate)
    guard let stored = checkpoint[rateName], stored.count == 1 else {
      throw CheckpointError(
        checkpoint.origin, entry: rateName, "expected the learning rate of an optimizer")
    }
    let rate = try stored.values(as: Double.self).scalar
    guard rate >= 0, Scalar(rate).isFinite else {
      throw CheckpointError(
        checkpoint.origin, entry: rateName,
        "expected a learning rate that is 0 or positive and finite, found \(rate)")
    }
    var withoutRate = checkpoint
    withoutRate[rateName] = nil
    var state = state
    try state.load(withoutRate, prefix: prefix)
    do {
      try restore(state)
    } catch {
      throw CheckpointError(checkpoint.origin, entry: prefix, error.description)
    }
    learningRate = rate
  }
}

extension MeasurementRule {
  /// Continues from the state of a rule of the same kind in a checkpoint.
  ///
  /// - Throws: `CheckpointError` if the state belongs to another kind, or is damaged. Nothing is
  ///   changed then.
  public mutating func load(
    _ checkpoint: Checkpoint, prefix: String
  ) throws(CheckpointError) {
    var state = state
    try state.load(checkpoint, prefix: prefix)
    do {
      try restore(state)
    } catch {
      throw CheckpointError(checkpoint.origin, entry: prefix, error.description)
    }
  }
}
