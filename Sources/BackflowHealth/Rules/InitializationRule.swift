internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

/// An initialization that wastes the first steps: a network that is confidently wrong, or layers
/// whose outputs differ widely in variance.
struct InitializationRule<Scalar: RealScalar>: HealthRule {
  private var hasSeenLoss = false

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    guard observation.step < thresholds.initialSteps else { return [] }
    var found = varianceRatios(observation, thresholds)
    if observation.loss != nil, !hasSeenLoss {
      hasSeenLoss = true
      if let finding = initialLoss(observation, thresholds) { found.insert(finding, at: 0) }
    }
    return found
  }

  private func initialLoss(
    _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding? {
    guard let (value, classes) = observation.loss, let classes, classes > 1 else { return nil }
    let chance = Double.log(Double(classes))
    guard value > thresholds.initialLoss * chance else { return nil }
    return Finding(
      .poorInitialization, .warning, layer: "the loss", step: observation.step,
      measured: value / chance, threshold: thresholds.initialLoss,
      source: "in units of ln(classes), the loss of a uniform guess",
      statement:
        "the first loss is \(figure(value)); a uniform guess among \(classes) classes would"
        + " give \(figure(chance))",
      reason: "The network starts with confidently wrong answers and spends its first steps on"
        + " shrinking its logits.",
      cure: "Smaller weights in the last layer, bias zero.")
  }

  /// Compares neighboring nonlinearities of one kind.
  private func varianceRatios(
    _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    let layers = observation.activations.filter { $0.gate == nil && $0.output.count > 1 }
    // Deviations, because the variance of a signal of 1e-24 underflows in single precision.
    let deviations = layers.map { $0.runningOutput.standardDeviationInDouble() }
    return zip(layers.indices, layers.indices.dropFirst()).compactMap { index, next in
      let (below, above) = (layers[index], layers[next])
      guard below.nonlinearity == above.nonlinearity else { return nil }
      let (first, second) = (deviations[index], deviations[next])
      let ratioOfDeviations = max(first, second) / min(first, second)
      let ratio = ratioOfDeviations * ratioOfDeviations
      guard ratio.isFinite || max(first, second) > 0, ratio > thresholds.varianceRatio else {
        return nil
      }
      return Finding(
        .poorInitialization, .warning, layer: above.layer, step: observation.step,
        measured: ratio, threshold: thresholds.varianceRatio,
        source: "variances of neighboring layers, in the first \(thresholds.initialSteps) steps"
          + " (SageMaker Debugger's figure for weights)",
        statement: "the outputs of \(below.layer) have standard deviation \(figure(first)),"
          + " those of \(above.layer) \(figure(second))",
        reason:
          "A signal that shrinks or grows from layer to layer on its way up does so on its way"
          + " down as well.",
        cure: "An initialization that keeps the variance: He for ReLU, Glorot or LeCun for tanh.")
    }
  }
}
