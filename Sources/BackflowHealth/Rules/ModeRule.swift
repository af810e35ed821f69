internal import BackflowKernels
internal import BackflowLayers

/// Normalization layers whose running statistics do not take part as they should: a layer in
/// evaluation mode during training, or statistics that are never updated.
struct ModeRule<Scalar: RealScalar>: HealthRule {
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    observation.normalizations.compactMap { layer in
      layer.trace.isTraining
        ? layer.neverUpdated(observation, thresholds) : layer.evaluating(observation, thresholds)
    }
  }

  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool {
    observation.normalizations.contains { $0.layer == place }
  }
}

extension ObservedNormalization {
  /// A layer that normalizes with its running statistics although its parameters are trained.
  fileprivate func evaluating<Scalar: RealScalar>(
    _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding {
    let place = titled(layer, type)
    let isUntouched = trace.trackedBatches == 0
    let isUnfit = trace.meanShift > 1 || trace.deviation > 3 || trace.deviation < 1 / 3.0
    return Finding(
      .wrongMode, isUntouched || isUnfit ? .warning : .note, layer: layer, step: observation.step,
      measured: isUntouched ? 0 : trace.meanShift, threshold: 1,
      source: isUntouched
        ? "the number of batches in the running statistics"
        : "the shift of the normalized input in standard deviations; it is 0 in training",
      statement: "\(place) runs in evaluation mode: its input, normalized with the running"
        + " statistics of \(trace.trackedBatches) batches, has mean \(figure(trace.meanShift)) and"
        + " deviation \(figure(trace.deviation))",
      reason: isUntouched
        ? "The running statistics are those of the initialization, so nothing is normalized."
        : "The statistics of an earlier training stay as they are, which fits fine-tuning only as"
          + " long as they fit the data.",
      cure: "Call `forward(x, .training(seed: …))` during training.",
      patience: observation.patience(thresholds.patience))
  }

  /// A layer that trains while its running statistics are still those of the initialization.
  fileprivate func neverUpdated<Scalar: RealScalar>(
    _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding? {
    guard trace.trackedBatches == 0 else { return nil }
    return Finding(
      .wrongMode, .warning, layer: layer, step: observation.step, measured: 0, threshold: 1,
      source: "the number of batches in the running statistics",
      statement: "the running statistics of \(titled(layer, type)) are never updated",
      reason: "In evaluation mode the layer normalizes with mean 0 and variance 1, so that the"
        + " trained network gives other outputs than in training.",
      cure: "Call `updateBuffers(from: cache)` after each step.", patience: thresholds.patience)
  }
}
