internal import BackflowKernels

/// Judges the Taylor tests of updates: wrong gradients, and in which layer; steps uphill; steps
/// that are too long.
///
/// Single ratios scatter where g·Δθ is nearly zero or a ReLU has its kink, so medians over several
/// observations are judged.
struct UpdateTestRule<Scalar: RealScalar>: HealthRule {
  /// What is remembered of one parameter.
  private struct Record: Codable {
    /// The last ratios.
    var ratios: [Double] = []
    /// The observations in which it was tested, whether or not the change stood out.
    var trials = 0
  }

  /// A parameter whose ratios are off, with their median.
  private struct Wrong {
    let name: String
    let ratio: Double
    var layer: String { layerName(of: name) }
  }

  /// The last ratios of the whole update, for a small part and for all of it.
  private var partRatios: [Double] = []
  private var fullRatios: [Double] = []
  /// Whether each of the last updates went uphill by its own gradient.
  private var uphill: [Bool] = []
  private var records: [String: Record] = [:]
  /// The parameters in the order of the model.
  private var names: [String] = []

  private static var memory: Int { 9 }
  /// The ratios of a parameter before it is judged.
  private static var enough: Int { 3 }
  /// The trials after which a parameter whose change does not stand out is left alone.
  private static var patience: Int { 12 }

  /// The parameters that the next observation tests.
  var testedParameters: TestedParameters {
    if isSuspicious { return .all }
    let known = records.filter {
      $0.value.ratios.count >= Self.enough || $0.value.trials >= Self.patience
    }
    return .some(4, except: Set(known.keys))
  }

  /// Whether a small part of the update does not change the loss as it should, or a parameter was
  /// off at its last test.
  private var isSuspicious: Bool {
    let whole = partRatios.suffix(Self.enough)
    return whole.count == Self.enough && (median(of: Array(whole)) - 1).magnitude > 0.05
      || records.values.contains { ($0.ratios.last.map { ($0 - 1).magnitude } ?? 0) > 0.05 }
  }

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    guard !observation.updateTests.isEmpty else { return [] }
    for test in observation.updateTests {
      if let other = test.otherLoss { return [otherFunction(other, at: observation.step)] }
      remember(test)
    }
    if names.count != observation.parameters.count { names = observation.parameters.map(\.name) }
    let wrong = wrongParameters(thresholds)
    if let finding = ascent(wrong, observation, thresholds)
      ?? wrongGradient(wrong, observation.step, thresholds)
    {
      return [finding]
    }
    return [longStep(observation, thresholds)].compactMap { $0 }
  }

  private mutating func remember(_ test: UpdateTest) {
    if let ratio = test.partRatio {
      uphill = Array((uphill + [test.predicted > 0 && ratio > 0.5]).suffix(Self.memory))
      partRatios = Array((partRatios + [ratio]).suffix(Self.memory))
      if let full = test.fullRatio { fullRatios = Array((fullRatios + [full]).suffix(Self.memory)) }
    }
    for parameter in test.parameters {
      var record = records[parameter.name] ?? Record()
      record.trials += 1
      if let ratio = parameter.ratio {
        record.ratios = Array((record.ratios + [ratio]).suffix(Self.memory))
      }
      records[parameter.name] = record
    }
  }

  /// The parameters whose ratios are off, in the order of the model.
  private func wrongParameters(_ thresholds: Thresholds) -> [Wrong] {
    judged.compactMap { name in
      let ratios = records[name]?.ratios ?? []
      let middle = median(of: ratios)
      let off = ratios.count { ($0 - 1).magnitude > thresholds.gradientError }
      guard (middle - 1).magnitude > thresholds.gradientError, 3 * off >= 2 * ratios.count else {
        return nil
      }
      return Wrong(name: name, ratio: middle)
    }
  }

  /// The parameters with enough ratios.
  private var judged: [String] {
    names.filter { records[$0]?.ratios.count ?? 0 >= Self.enough }
  }
}

/// The layer of a parameter: its name up to the last dot, or all of it.
private func layerName(of parameter: String) -> String {
  parameter.lastIndex(of: ".").map { String(parameter[..<$0]) } ?? parameter
}

// MARK: - The findings

extension UpdateTestRule {
  private static var source: String {
    "the change of the loss in units of what the gradient predicts; it is 1 for a right gradient"
  }

  /// The update goes uphill: the gradient has the wrong sign everywhere, or the optimizer adds it.
  private func ascent(
    _ wrong: [Wrong], _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding? {
    let isReversed =
      wrong.count == judged.count && !wrong.isEmpty && wrong.allSatisfy { $0.ratio < -0.5 }
      && partRatios.last ?? 0 < 0
    // Momentum may carry a step uphill now and then, but not every one.
    let isUphill = uphill.count >= 5 && uphill.allSatisfy(\.self) && !observation.losses.hasFallen
    guard isReversed || isUphill else { return nil }
    let predicted = observation.updateTests.map(\.predicted).reduce(0, +)
    let measured = isReversed ? median(of: wrong.map(\.ratio)) : predicted
    return Finding(
      .ascent, .failure, layer: isReversed ? "the loss" : "the optimizer", step: observation.step,
      measured: measured, threshold: isReversed ? 1 : 0,
      source: isReversed ? Self.source : "g·Δθ, the change of the loss that the update promises",
      statement: isReversed
        ? "along the gradient of every layer the loss falls instead of rising: the gradient has the"
          + " wrong sign"
        : "the update goes along the gradient instead of against it: by its own gradient it raises"
          + " the loss by \(figure(measured))",
      reason: "Every step makes the loss larger.",
      cure: isReversed
        ? "Reverse the sign of the gradient of the loss with respect to the output."
        : "Look at the sign in the optimizer: θ − η g.")
  }

  /// Gradients of some parameters that are not those of the loss.
  private func wrongGradient(
    _ wrong: [Wrong], _ step: Int, _ thresholds: Thresholds
  ) -> Finding? {
    guard let top = wrong.last else { return nil }
    if wrong.count == judged.count, Set(wrong.map(\.layer)).count > 1,
      wrong.allSatisfy({ ($0.ratio / top.ratio - 1).magnitude < thresholds.gradientError })
    {
      return wrongFactor(top.ratio, step)
    }
    // The fault is at the highest place: below it, all gradients may be wrong.
    let own = wrong.filter { $0.layer == top.layer }
    let isWholeLayer = own.count > 1 && own.count == judged.count { layerName(of: $0) == top.layer }
    let place = isWholeLayer ? top.layer : top.name
    let below = wrong.filter { $0.layer != top.layer }.map { "\($0.name) by \(figure($0.ratio))" }
    let above = judged.first { layerName(of: $0) != top.layer && isAbove($0, top.name) }
    return Finding(
      .wrongGradient, .failure, layer: place, step: step, measured: top.ratio, threshold: 1,
      source: Self.source,
      statement: "the gradient of \(place) is wrong: \(deviation(top.ratio))"
        + (below.isEmpty ? "" : ", and below it \(below.joined(separator: ", "))")
        + (above.map { "; that of \($0) above is right" } ?? ""),
      reason: "The steps of these parameters do not go down the loss as they should.",
      cure: "Look at the backward pass of \(top.layer)"
        + (above.map { " and of what is between it and \(layerName(of: $0))" }
          ?? " and of the loss")
        + ", and check it with `GradientCheck`.")
  }

  private func isAbove(_ name: String, _ other: String) -> Bool {
    guard let one = names.firstIndex(of: name), let two = names.firstIndex(of: other) else {
      return false
    }
    return one > two
  }

  private func deviation(_ ratio: Double) -> String {
    ratio.magnitude >= UpdateTest.ParameterRatio.largest
      ? "it is zero, and the loss changes with it"
      : "along it the loss changes \(figure(ratio)) times as much as predicted"
  }

  /// The gradient of everything is wrong by one factor.
  private func wrongFactor(_ ratio: Double, _ step: Int) -> Finding {
    Finding(
      .wrongGradient, .failure, layer: "the loss", step: step, measured: ratio, threshold: 1,
      source: Self.source,
      statement: "the gradient of every layer is wrong by the same factor: the loss changes"
        + " \(figure(ratio)) times as much as predicted",
      reason: "The steps are as long as with another learning rate, and a limit of clipping means"
        + " something else.",
      cure: "Look at the reduction of the loss: its gradient has to be divided by the same count.")
  }

  /// Steps that mostly raise the loss of their own batch, although a small part lowers it.
  private func longStep(
    _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding? {
    let last = Array(fullRatios.suffix(5))
    guard last.count >= 3, 2 * last.count(where: { $0 < 0 }) > last.count,
      let ratio = fullRatios.last, median(of: Array(partRatios.suffix(5))) > 0
    else { return nil }
    let middle = median(of: last)
    return Finding(
      .longStep, observation.losses.isFitted ? .note : .warning, layer: "the optimizer",
      step: observation.step, measured: middle, threshold: 0,
      source: "the median change of the batch's own loss in units of what the gradient predicts;"
        + " below 0 the step raises it",
      statement: "steps are too long, by a factor of about \(figure(max(1 - middle, 1))): the"
        + " last one changed the loss of its batch by \(figure(ratio)) of what its gradient predicts"
        + ", a sixteenth of it by \(figure(partRatios.last ?? .nan))",
      reason: "The steps leave the region in which the gradient says anything about the loss.",
      cure: "A smaller learning rate, a warm-up, or clipping by the global norm.",
      patience: thresholds.patience)
  }

  /// The function that was given is not the loss of the step.
  private func otherFunction(
    _ loss: (evaluated: Double, recorded: Double), at step: Int
  ) -> Finding {
    Finding(
      .other, .note, layer: "the test of the update", step: step,
      measured: loss.evaluated - loss.recorded, threshold: 0,
      source: "the same batch in the same mode has the same loss",
      statement:
        "the function given to `recordUpdate` has the loss \(figure(loss.evaluated)) at the"
        + " parameters before the update, the step has \(figure(loss.recorded))",
      reason: "The gradient cannot be compared with another function, so it is not tested.",
      cure: "Evaluate the batch of the step, in its mode: the same seed for dropout, training mode"
        + " for batch normalization, and the same weight decay in both.")
  }
}
