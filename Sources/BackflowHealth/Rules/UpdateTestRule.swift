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

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    observation.updateTests.compactMap { test in
      if let other = test.otherLoss { return otherFunction(other, test, at: observation.step) }
      // Removed, so that it is changed in place.
      var record = models.removeValue(forKey: test.prefix) ?? UpdateTestRecord()
      record.add(
        test,
        names: observation.parameters.map(\.name).filter { $0.hasPrefix(test.prefix) })
      models[test.prefix] = record
      let wrong = record.wrongParameters(thresholds)
      return record.ascent(
        wrong, test, at: observation.step, isFalling: observation.losses.hasFallen)
        ?? record.wrongGradient(wrong, test, at: observation.step, thresholds)
        ?? record.longStep(
          test, at: observation.step, thresholds, isFitted: observation.losses.isFitted)
    }
  }

  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool {
    observation.updateTests.contains { test in
      place.hasPrefix(test.prefix) || [test.lossPlace, test.optimizerPlace].contains(place)
    }
  }

  /// The function that was given is not the loss of the step.
  private func otherFunction(
    _ loss: (evaluated: Double, recorded: Double), _ test: UpdateTest, at step: Int
  ) -> Finding {
    Finding(
      .other, .note, layer: test.lossPlace, step: step,
      measured: loss.evaluated - loss.recorded, threshold: 0,
      source: "the same batch in the same mode has the same loss",
      statement:
        "the function given to `recordUpdate` has the loss \(figure(loss.evaluated)) at the"
        + " parameters before the update, the step has \(figure(loss.recorded))",
      reason: "The gradient cannot be compared with another function, so it is not tested.",
      cure: "Evaluate the batch of the step, in its mode: the same seed for dropout, training mode"
        + " for batch normalization, and the same weight decay in both. Where a model has a loss of"
        + " its own, pass it as `at:`.")
  }
}

extension UpdateTest {
  /// "the optimizer", or "the optimizer of policy".
  var optimizerPlace: String { place("the optimizer") }
  /// "the loss", or "the loss of policy".
  var lossPlace: String { place("the loss") }

  private func place(_ name: String) -> String {
    prefix.isEmpty
      ? name : "\(name) of \(prefix.hasSuffix(".") ? String(prefix.dropLast()) : prefix)"
  }
}
