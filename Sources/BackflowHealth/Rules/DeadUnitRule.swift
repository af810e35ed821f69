internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// Rectified units that were off for every example of the last observations.
///
/// A `DeadUnitCensus` counts over the whole training set; this rule sees only the batches that are
/// observed, so it waits for `patience` times five steps and for 64 examples before it calls a unit
/// dead: one that is on for a tenth of them is off for all of 64 with probability 10⁻³.
struct DeadUnitRule<Scalar: RealScalar>: HealthRule {
  /// The units of one layer.
  private struct Watch: Codable {
    /// The step since which each unit has been off; `nil` if it was on at the last observation.
    var offSince: [Int?]
    /// The examples for which each unit has been off since then.
    var examples: [Int]
  }

  private var watches: [String: Watch] = [:]

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    var found: [Finding] = []
    for activation in observation.activations {
      let units = activation.activation
      guard units.nonlinearity == .relu, units.output.rank >= 2 else { continue }
      let isOn = activation.unitsThatAreOn
      guard !isOn.isEmpty else { continue }
      // Removed, so that it is changed in place.
      var watch =
        watches.removeValue(forKey: activation.layer)
        ?? Watch(
          offSince: [Int?](repeating: nil, count: isOn.count),
          examples: [Int](repeating: 0, count: isOn.count))
      guard watch.offSince.count == isOn.count else { continue }
      let batch = units.output.count / isOn.count
      for unit in 0..<isOn.count {
        watch.offSince[unit] = isOn[unit] ? nil : watch.offSince[unit] ?? observation.step
        watch.examples[unit] = isOn[unit] ? 0 : watch.examples[unit] + batch
      }
      if let finding = finding(activation, watch, observation, thresholds) { found.append(finding) }
      watches[activation.layer] = watch
    }
    return found
  }

  private static var enough: Int { 64 }

  private func finding(
    _ activation: ObservedActivation<Scalar>, _ watch: Watch,
    _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding? {
    let duration = 5 * thresholds.patience
    func isDead(_ unit: Int) -> Bool {
      guard let start = watch.offSince[unit] else { return false }
      return observation.step - start >= duration && watch.examples[unit] >= Self.enough
    }
    var count = 0
    for unit in 0..<watch.offSince.count where isDead(unit) { count += 1 }
    let share = Double(count) / Double(watch.offSince.count)
    guard share >= thresholds.deadShare / 2, observation.losses.count > 0 else { return nil }
    let dead = watch.offSince.indices.filter(isDead)
    let place = titled(activation.layer, activation.type)
    return Finding(
      .deadUnits, share == 1 ? .failure : share >= thresholds.deadShare ? .warning : .note,
      layer: activation.layer, units: dead, step: observation.step, measured: share,
      threshold: thresholds.deadShare,
      source: "share of the units that were off for every example of the observations of"
        + " \(duration) steps; a note below \(percentage(thresholds.deadShare))",
      statement:
        "\(dead.count) of the \(watch.offSince.count) units of \(place) were inactive in every"
        + " observation of the last \(duration) steps",
      reason: "No gradient reaches the weights of these units.",
      cure: "Count them with a DeadUnitCensus over the training set; a smaller learning rate, He"
        + " initialization with biases at zero, a leaky ReLU.")
  }

  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool {
    observation.activations.contains { $0.layer == place }
  }
}

extension ObservedActivation {
  /// Whether each unit is on for any example: each feature of [..., features], each channel of
  /// [N, C, height, width].
  fileprivate var unitsThatAreOn: [Bool] {
    let output = activation.output
    guard !output.isEmpty else { return [] }
    if output.rank == 4 {
      let (images, channels) = (output.shape[0], output.shape[1])
      let pixels = output.reshaped(to: [images, channels, output.count / (images * channels)])
      return pixels.sum(axis: 2).sum(axis: 0).elements.map { !($0 <= 0) }
    }
    return columnsThatAreOn()
  }

  /// Whether any element of each column is above 0 or NaN. Most units are on for one of the first
  /// rows, and are not read in the others.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func columnsThatAreOn() -> [Bool] {
    let elements = activation.output.span
    let features = activation.output.shape[activation.output.rank - 1]
    var isOn = [Bool](repeating: false, count: features)
    var off = Array(0..<features)
    var start = 0
    while start < elements.count, !off.isEmpty {
      var left = 0
      for place in off.indices {
        let unit = off[place]
        if elements[start + unit] <= 0 {
          off[left] = unit
          left += 1
        } else {
          isOn[unit] = true
        }
      }
      off.removeLast(off.count - left)
      start += features
    }
    return isOn
  }
}
