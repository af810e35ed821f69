internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// Outputs that a cross-entropy is not made for: probabilities, rectified or squashed logits,
/// instead of logits. Judged if a number of classes was recorded.
struct OutputRule<Scalar: RealScalar>: HealthRule {
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    guard let classes = observation.loss?.classes, classes > 1 else { return [] }
    return observation.outputs.compactMap { layer, output in
      // Logits of both signs, as nearly all are, are told at one glance.
      guard output.shape.last == classes, !output.isEmpty, !output.hasNegative, output.isFinite
      else { return nil }
      let rows = output.reshaped(to: [output.count / classes, classes])
      let sums = rows.sum(axis: 1)
      let isProbability = (sums - 1).maxMagnitude() < 1e-3
      let off = Double(output.elements.count { $0 == 0 }) / Double(output.count)
      let largest = Double(output.max())
      if isProbability || off > 0.2 {
        return finding(
          layer, isProbability, observation, thresholds, measured: isProbability ? 1 : off)
      }
      // The outputs of a linear layer may all be small and positive by chance, as where nothing
      // but its bias is left.
      let isLinear = observation.signals.last { $0.layer == layer }?.kind == .weight
      return largest < 1 && !isLinear ? squashed(layer, largest, observation, thresholds) : nil
    }
  }

  private func finding(
    _ layer: String, _ isProbability: Bool, _ observation: StepObservation<Scalar>,
    _ thresholds: Thresholds, measured: Double
  ) -> Finding {
    Finding(
      .unsuitableOutput, .warning, layer: layer, step: observation.step, measured: measured,
      threshold: isProbability ? 0 : 0.2,
      source: isProbability
        ? "outputs that are positive and sum to 1 in every row"
        : "the share of outputs that are exactly zero, with none below",
      statement: isProbability
        ? "the outputs of \(layer) are probabilities already, and the loss applies another softmax"
        : "\(percentage(measured)) of the logits of \(layer) are zero and none is negative: they are"
          + " rectified",
      reason: isProbability
        ? "The largest difference of two of them is 1, so that no class can get more than"
          + " e/(e + C − 1) of the probability, and the gradient is small."
        : "A logit that is off gets no gradient, so that its class cannot be learned from there.",
      cure: "Let the last layer be linear: the loss takes logits.",
      patience: observation.patience(thresholds.patience))
  }

  private func squashed(
    _ layer: String, _ largest: Double, _ observation: StepObservation<Scalar>,
    _ thresholds: Thresholds
  ) -> Finding {
    Finding(
      .unsuitableOutput, .warning, layer: layer, step: observation.step, measured: largest,
      threshold: 1, source: "the largest of the outputs, of which none is negative",
      statement: "the logits of \(layer) are all between 0 and 1, as behind a sigmoid",
      reason: "No class can get more than e/(e + C − 1) of the probability.",
      cure: "Let the last layer be linear: the loss takes logits.",
      patience: observation.patience(thresholds.patience), measure: "squashed")
  }

  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool {
    observation.outputs.contains { $0.layer == place } && observation.loss?.classes != nil
  }
}

extension Tensor where Scalar: RealScalar {
  /// Whether any element is negative. The pass ends at the first one.
  fileprivate var hasNegative: Bool {
    let elements = span
    for index in elements.indices where elements[index] < 0 { return true }
    return false
  }
}
