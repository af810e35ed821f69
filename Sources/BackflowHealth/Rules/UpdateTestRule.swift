internal import BackflowKernels

/// Judges the Taylor tests of updates: wrong gradients, and in which layer; steps uphill; steps
/// that are too long. Each model by itself.
struct UpdateTestRule<Scalar: RealScalar>: HealthRule {
  /// The tests of each model, by the prefix of its names.
  private var models: [String: UpdateTestRecord] = [:]

  /// The parameters of a model that the next observation tests.
  func testedParameters(of prefix: String) -> TestedParameters {
    (models[prefix] ?? UpdateTestRecord()).testedParameters
  }

  /// The number of parameters that were tested often enough, and whose gradients are not wrong.
  func agreeingParameters(_ thresholds: Thresholds) -> Int {
    models.values.reduce(0) { $0 + $1.judged.count - $1.wrongParameters(thresholds).count }
  }

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    observation.updateTests.compactMap { test in
      if let other = test.otherLoss { return otherFunction(other, test, at: observation.step) }
      // Removed, so that it is changed in place.
      var record = models.removeValue(forKey: test.prefix) ?? UpdateTestRecord()
      record.add(test)
      models[test.prefix] = record
      let wrong = record.wrongParameters(thresholds)
      if let finding = clippedGradients(wrong, observation, test) { return finding }
      return record.ascent(
        wrong, test, at: observation.step, isFalling: observation.losses.hasFallen)
        ?? record.wrongGradient(wrong, test, at: observation.step, thresholds)
        ?? record.longStep(test, at: observation.step, thresholds, observation.losses)
    }
  }

  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool {
    observation.updateTests.contains { test in
      test.lossPlace == place || test.optimizerPlace == place
        || test.names.contains { $0 == place || layerName(of: $0) == place }
    }
  }

  /// The gradients that were given are those after clipping: the loss changes as the norm before it
  /// says.
  private func clippedGradients(
    _ wrong: [UpdateTestRecord.Wrong], _ observation: StepObservation<Scalar>, _ test: UpdateTest
  ) -> Finding? {
    guard let clipping = observation.clipping, clipping.isClipped, clipping.normAfter > 0,
      let ratio = test.parameters.compactMap(\.ratio).last, ratio > 1, wrong.count > 1
    else { return nil }
    let shortened = clipping.normBefore / clipping.normAfter
    guard (ratio / shortened - 1).magnitude < 0.05 else { return nil }
    return Finding(
      .wrongRecord, .warning, layer: test.optimizerPlace, step: observation.step, measured: ratio,
      threshold: 1, source: "the change of the loss in units of what the gradient predicts",
      statement: "the gradients given to `recordUpdate` are those after clipping: the loss changes"
        + " \(figure(ratio)) times as much as they predict, as clipping has shortened them",
      reason: "Clipped gradients are not those of the loss, so they cannot be tested.",
      cure: "Pass the gradients before clipping as `along:`.", measure: "clipped")
  }

  /// The function that was given is not the loss of the step.
  private func otherFunction(
    _ loss: (evaluated: Double, recorded: Double), _ test: UpdateTest, at step: Int
  ) -> Finding {
    Finding(
      .wrongRecord, .warning, layer: test.lossPlace, step: step,
      measured: (loss.evaluated - loss.recorded).magnitude, threshold: 0,
      source: "the same batch in the same mode has the same loss",
      statement:
        "the function given to `recordUpdate` has the loss \(figure(loss.evaluated)) at the"
        + " parameters before the update, the step has \(figure(loss.recorded))",
      reason: "The gradient cannot be compared with another function, so it is not tested.",
      cure: test.change == 0
        ? "Evaluate the model that the function is called with, and copy the model for `from:` before"
          + " the optimizer updates it: the loss is the same before and after the update."
        : "Evaluate the batch of the step, in its mode: the same seed for dropout, training mode for"
          + " batch normalization, and the same weight decay in both. Where a model has a loss of its"
          + " own, pass it as `at:`.",
      measure: "function")
  }
}

extension UpdateTest {
  /// "the optimizer", or "the optimizer of policy".
  var optimizerPlace: String { place("the optimizer", ofModel: prefix) }
  /// "the loss", or "the loss of policy".
  var lossPlace: String { place("the loss", ofModel: prefix) }
}
