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
  /// - Throws: `DivergenceError`, or what a closure throws. The value is then the training before
  ///   the update that failed.
  @discardableResult
  public mutating func fit(
    epochs: Int,
    onEvent respond: (inout Trainer, TrainingEvent) throws -> TrainingFlow = { _, _ in .proceed },
    validation: ((Model) throws -> Double)? = nil
  ) throws -> TrainingEnd {
    require(data.batches.batchCount > 0, "Trainer: an epoch without batches")
    let batch = data.batch
    while epoch < epochs {
      if earlyStopping?.shouldStop ?? false { return .noImprovement }
      let groups = updates(data.batches)
      for group in groups.dropFirst(updatesInEpoch).prefetched({ $0.map(batch) }) {
        let sizes = groups[groups.startIndex + updatesInEpoch].map(\.count)
        let report = try update(on: group, sizes: sizes)
        updatesInEpoch += 1
        if try respond(&self, .update(report)) == .stop { return .stopped }
      }
      let report = try endEpoch(validation)
      if try respond(&self, .epoch(report)) == .stop { return .stopped }
    }
    return earlyStopping?.shouldStop ?? false ? .noImprovement : .finished
  }

  /// The batches of this epoch, as indices of samples, for each update.
  private func updates(_ batches: Batches) -> [[[Int]]] {
    let batches = Array(batches.epoch(epoch))
    return stride(from: 0, to: batches.count, by: batchesPerUpdate).map {
      Array(batches[$0..<min($0 + batchesPerUpdate, batches.count)])
    }
  }

  private mutating func endEpoch(
    _ validation: ((Model) throws -> Double)?
  ) throws -> EpochReport {
    let measurement = try validation?(evaluatedModel)
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
