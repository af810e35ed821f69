public import BackflowCheckpoints
internal import BackflowDatasets
internal import BackflowHealth
internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import OrderedCollections

extension Trainer {
  /// Everything that a training needs to continue with the same bits: the model, the state of the
  /// optimizer, the random source, the position, and the average, plateau, early stopping and best
  /// model if there are any. The settings, the data and what the monitor has seen are not part of
  /// it; a restored training has a monitor with the same settings that has seen nothing.
  ///
  ///     try trainer.checkpoint().write(to: "run.safetensors")
  ///     …
  ///     try trainer.restore(Checkpoint(contentsOf: "run.safetensors"))
  ///     try trainer.fit(epochs: 40)
  ///
  /// - Throws: `CheckpointError` if the model has a name twice.
  public func checkpoint() throws(CheckpointError) -> Checkpoint {
    var checkpoint = try Checkpoint(model, prefix: Names.model)
    try checkpoint.insert(optimizer, prefix: Names.optimizer)
    try checkpoint.insert(random, named: Names.random)
    try checkpoint.insert(epoch, named: Names.epoch)
    try checkpoint.insert(updatesInEpoch, named: Names.updates)
    try checkpoint.insert(sampleCount, named: Names.samples)
    try checkpoint.insert(StoredTensor(Tensor<Double>(scalar: lossSum)), named: Names.lossSum)
    for (name, number) in dataNumbers { try checkpoint.insert(number, named: name) }
    if let average { try checkpoint.insert(average, prefix: Names.average) }
    if let plateau { try checkpoint.insert(plateau, prefix: Names.plateau) }
    if let earlyStopping { try checkpoint.insert(earlyStopping, prefix: Names.earlyStopping) }
    if let best { try checkpoint.insert(best, prefix: Names.best) }
    return checkpoint
  }

  /// Continues from a checkpoint of a training with the same kinds of model, optimizer and
  /// settings.
  ///
  /// - Throws: `CheckpointError` if the checkpoint does not have everything that this training
  ///   needs, has a setting that this training lacks, is of other batches, or is damaged. Nothing
  ///   is changed then.
  public mutating func restore(_ checkpoint: Checkpoint) throws(CheckpointError) {
    for (name, number) in dataNumbers {
      let found = try checkpoint.integer(named: name)
      guard found == number else {
        throw CheckpointError(
          checkpoint.origin, entry: name, "expected \(number), as in this training, found \(found)")
      }
    }
    for (prefix, isExpected) in [
      (Names.average, average != nil), (Names.plateau, plateau != nil),
      (Names.earlyStopping, earlyStopping != nil),
    ] where !isExpected && !checkpoint.under(prefix).isEmpty {
      throw CheckpointError(
        checkpoint.origin, entry: prefix, "this training has no such setting")
    }
    var restored = self
    restored.monitor = monitor?.restarted()
    try restored.model.load(checkpoint, prefix: Names.model)
    try restored.optimizer.load(checkpoint, prefix: Names.optimizer)
    restored.random = try checkpoint.randomSource(named: Names.random)
    restored.epoch = try checkpoint.count(named: Names.epoch)
    restored.updatesInEpoch = try checkpoint.count(named: Names.updates)
    restored.sampleCount = try checkpoint.count(named: Names.samples)
    restored.lossSum = try checkpoint.number(named: Names.lossSum)
    try restored.average?.load(checkpoint, prefix: Names.average)
    try restored.plateau?.load(checkpoint, prefix: Names.plateau)
    try restored.earlyStopping?.load(checkpoint, prefix: Names.earlyStopping)
    restored.best = nil
    if !checkpoint.under(Names.best).isEmpty {
      var best = restored.model
      try best.load(checkpoint, prefix: Names.best)
      restored.best = best
    }
    self = restored
  }
}

extension Trainer {
  /// What the batches of a training depend on.
  private var dataNumbers: [(name: String, number: Int)] {
    let batches = data.batches
    return [
      ("data.count", batches.count), ("data.batch_size", batches.size),
      ("data.shuffles", batches.shuffles ? 1 : 0), ("data.drops_last", batches.dropsLast ? 1 : 0),
      ("data.seed", Int(truncatingIfNeeded: batches.seed)),
      ("batches_per_update", batchesPerUpdate),
    ]
  }
}

private enum Names {
  static let (model, optimizer, random, best) = ("model", "optimizer", "random", "best")
  static let (epoch, updates) = ("epoch", "updates_in_epoch")
  static let (samples, lossSum) = ("epoch_samples", "epoch_loss_sum")
  static let (average, plateau, earlyStopping) = ("average", "plateau", "early_stopping")
}

extension Checkpoint {
  /// Returns an integer that is not negative, and so small that adding to it does not overflow.
  fileprivate func count(named name: String) throws(CheckpointError) -> Int {
    let count = try integer(named: name)
    guard count >= 0, count < 1 << 53 else {
      throw CheckpointError(origin, entry: name, "expected a count, found \(count)")
    }
    return count
  }

  fileprivate func number(named name: String) throws(CheckpointError) -> Double {
    guard let stored = self[name], stored.count == 1 else {
      throw CheckpointError(origin, entry: name, "expected a number")
    }
    return try stored.values(as: Double.self).scalar
  }
}
