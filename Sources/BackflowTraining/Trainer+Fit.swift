internal import BackflowDatasets
internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

extension Trainer {
  /// Trains until `epochs` epochs are done, counted from the beginning of the training, so that a
  /// restored training ends where an undisturbed one does. While the model learns from a batch, the
  /// next one is prepared in the background.
  ///
  /// - Parameters:
  ///   - epochs: The number of epochs of the whole training.
  ///   - respond: A closure that gets this value and what it has done: to print or save something,
  ///     or to stop.
  ///   - validation: Returns a measurement of the model after each epoch, such as its loss on
  ///     samples that are held out. Plateau and early stopping follow it.
  /// - Throws: `DivergenceError` or an error of the data, and the value is then the training before
  ///   the update that failed; or what a closure throws, and the value is then the training at that
  ///   moment.
  @discardableResult
  public mutating func fit(
    epochs: Int,
    onEvent respond: (inout Trainer, TrainingEvent) throws -> TrainingFlow = { _, _ in .proceed },
    validation: (Model) throws -> Double
  ) throws -> TrainingEnd {
    try fit(epochs, respond, { try validation($0) })
  }

  /// Trains in the same way without a validation.
  ///
  /// - Precondition: There is no plateau and no early stopping.
  @discardableResult
  public mutating func fit(
    epochs: Int,
    onEvent respond: (inout Trainer, TrainingEvent) throws -> TrainingFlow = { _, _ in .proceed }
  ) throws -> TrainingEnd {
    require(
      plateau == nil && earlyStopping == nil,
      "Trainer: a plateau and early stopping need a validation")
    return try fit(epochs, respond, { _ in nil })
  }

  private mutating func fit(
    _ epochs: Int, _ respond: (inout Trainer, TrainingEvent) throws -> TrainingFlow,
    _ validation: (Model) throws -> Double?
  ) throws -> TrainingEnd {
    require(data.batches.batchCount > 0, "Trainer: an epoch without batches")
    while epoch < epochs {
      if earlyStopping?.shouldStop ?? false { return .noImprovement }
      let start = Position(self)
      var updates = 0
      for batches in remainingUpdates(of: epoch) {
        let report = try update(on: batches.get())
        (updatesInEpoch, updates) = (updatesInEpoch + 1, updates + 1)
        if try respond(&self, .update(report)) == .stop { return .stopped }
        // The closure may have restored another moment of the training.
        if Position(self) != start.after(updates) { break }
      }
      guard Position(self) == start.after(updates) else { continue }
      let report = try endEpoch(validation)
      if try respond(&self, .epoch(report)) == .stop { return .stopped }
    }
    return earlyStopping?.shouldStop ?? false ? .noImprovement : .finished
  }

  /// Where in the data a training is.
  private struct Position: Equatable {
    let epoch, batchesPerUpdate: Int
    private var updates: Int

    init(_ trainer: Trainer) {
      (epoch, updates) = (trainer.epoch, trainer.updatesInEpoch)
      batchesPerUpdate = trainer.batchesPerUpdate
    }

    /// The position after `count` more updates.
    func after(_ count: Int) -> Position {
      var later = self
      later.updates += count
      return later
    }
  }

  /// The batches of the updates of an epoch that are left, prepared in the background.
  private func remainingUpdates(of epoch: Int) -> some Sequence<Result<[Batch], any Error>> {
    let (perUpdate, batch) = (batchesPerUpdate, data.batch)
    let batches = Array(data.batches.epoch(epoch))
    let starts = stride(from: updatesInEpoch * perUpdate, to: batches.count, by: perUpdate)
    return Array(starts).prefetched { start in
      Result {
        try batches[start..<min(start + perUpdate, batches.count)].map { indices in
          let (input, target) = try batch(epoch, indices)
          return Batch(input: input, target: target, size: indices.count)
        }
      }
    }
  }

  private mutating func endEpoch(
    _ validation: (Model) throws -> Double?
  ) throws -> EpochReport {
    let measurement = try validation(evaluatedModel)
    var isBest = false
    if let measurement {
      plateau?.update(measurement)
      isBest = earlyStopping?.update(measurement, at: epoch) ?? false
      if isBest { best = evaluatedModel }
    }
    let report = EpochReport(
      epoch: epoch, step: optimizer.step, loss: lossSum / Double(max(sampleCount, 1)),
      validation: measurement, isBest: isBest)
    (epoch, updatesInEpoch, lossSum, sampleCount) = (epoch + 1, 0, 0, 0)
    return report
  }
}
