internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

/// An initialization that wastes the first steps: a network that is confidently wrong, or layers
/// whose outputs differ widely in variance, which is a note where the loss is followed: it says
/// itself whether the network learns.
struct InitializationRule<Scalar: RealScalar>: HealthRule {
  private var hasSeenLoss = false

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    guard observation.step < thresholds.initialSteps else { return [] }
    var found = varianceRatios(observation, thresholds)
    if observation.loss != nil, !hasSeenLoss {
      hasSeenLoss = true
      if let finding = confidence(observation, thresholds) ?? initialLoss(observation, thresholds) {
        found.insert(finding, at: 0)
      }
    }
    return found
  }

  /// The nats by which logits are worse than a uniform guess if they know nothing about the labels:
  /// the mean over samples and classes of −ln softmax(a)_c, less ln C. It needs no labels, so that
  /// neither the luck of a small batch nor the reduction of the loss matters.
  private func confidence(
    _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding? {
    // A network that is certain and right was trained before.
    guard let (loss, classes) = observation.loss, let classes, classes > 1,
      loss > .log(Double(classes)) + thresholds.initialExcess / 2
    else { return nil }
    for (layer, logits) in observation.outputs where logits.shape.last == classes {
      guard !logits.isEmpty, logits.isFinite else { continue }
      let rows = Tensor<Double>(logits).reshaped(to: [logits.count / classes, classes])
      let excess = -logSoftmax(rows).mean() - .log(Double(classes))
      guard excess > thresholds.initialExcess else { return nil }
      return Finding(
        .poorInitialization, .warning, layer: layer, step: observation.step, measured: excess,
        threshold: thresholds.initialExcess,
        source: "nats above the loss of a uniform guess, over labels that are independent of the"
          + " logits",
        statement: "before it has learned anything, the network is certain: its logits would cost"
          + " \(figure(excess)) nats more than a uniform guess among \(classes) classes",
        reason: "It starts with confidently wrong answers and spends its first steps on shrinking"
          + " its logits.",
        cure:
          "Smaller weights in the last layer, bias zero; if the signal grows from layer to layer,"
          + " an initialization that keeps its variance (He, Glorot); inputs of variance 1.")
    }
    return nil
  }

  /// The first loss itself, where there are no logits.
  private func initialLoss(
    _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding? {
    guard let (value, classes) = observation.loss, let classes, classes > 1,
      !observation.outputs.contains(where: { $0.value.shape.last == classes }),
      observation.losses.firstStep <= 1, observation.losses.count <= 1
    else { return nil }
    let chance = Double.log(Double(classes))
    guard value - chance > thresholds.initialExcess else { return nil }
    return Finding(
      .poorInitialization, .warning, layer: "the loss", step: observation.step,
      measured: value - chance, threshold: thresholds.initialExcess,
      source: "nats above ln(classes), the loss of a uniform guess",
      statement:
        "the first loss is \(figure(value)); a uniform guess among \(classes) classes would"
        + " give \(figure(chance))",
      reason: "The network starts with confidently wrong answers and spends its first steps on"
        + " shrinking its logits.",
      cure: "Smaller weights in the last layer, bias zero; inputs of variance 1.")
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
      guard below.nonlinearity == above.nonlinearity, below.network == above.network else {
        return nil
      }
      let (first, second) = (deviations[index], deviations[next])
      let ratioOfDeviations = max(first, second) / min(first, second)
      let ratio = ratioOfDeviations * ratioOfDeviations
      // The variance of n numbers is known to √(2/n) of itself.
      let limit =
        thresholds.varianceRatio
        * .exp(3 * (2 / Double(below.output.count) + 2 / Double(above.output.count)).squareRoot())
      guard ratio.isFinite || max(first, second) > 0, ratio > limit else { return nil }
      return Finding(
        .poorInitialization, observation.losses.count == 0 ? .warning : .note, layer: above.layer,
        step: observation.step,
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
