internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// Rectified units that were off for every example of the last observations.
///
/// A `DeadUnitCensus` counts over the whole training set; this rule sees only the batches that are
/// observed, so it waits for `patience` times five steps and for 64 examples before it calls a unit
/// dead: one that is on for a tenth of them is off for all of 64 with probability 10⁻³. Without a
/// loss, no steps are followed, and no unit is called dead.
struct DeadUnitRule<Scalar: RealScalar>: HealthRule {
  /// A unit, as long as it is off.
  private struct Unit: Sendable, Codable {
    /// The step since which it has been off; `nil` if it was on at the last observation.
    var offSince: Int?
    /// The examples for which it has been off since then.
    var examples = 0

    /// Adds an observation of a batch.
    mutating func add(_ isOn: Bool, batch: Int, at step: Int) {
      offSince = isOn ? nil : offSince ?? step
      examples = isOn ? 0 : examples + batch
    }

    /// Whether it has been off for this many steps, and for enough examples.
    func isDead(at step: Int, after duration: Int) -> Bool {
      guard let offSince else { return false }
      return step - offSince >= duration && examples >= DeadUnitRule.enough
    }
  }

  /// The units of each layer.
  private var layers = PlaceMemory<[Unit]>()

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    var found: [Finding] = []
    let activations = observation.activations.span
    for index in activations.indices
    where activations[index].activation.nonlinearity == .relu
      && activations[index].activation.output.rank >= 2
    {
      let isOn = activations[index].unitsThatAreOn
      guard !isOn.isEmpty else { continue }
      let place = layers.index(of: activations[index].layer) {
        [Unit](repeating: Unit(), count: isOn.count)
      }
      guard layers[place].count == isOn.count else { continue }
      let batch = activations[index].activation.output.count / isOn.count
      for unit in isOn.indices {
        layers[place][unit].add(isOn[unit], batch: batch, at: observation.step)
      }
      // Training steps are counted only where the loss is followed.
      guard observation.losses.count > 0 else { continue }
      if let finding = finding(activations[index], layers[place], observation, thresholds) {
        found.append(finding)
      }
    }
    return found
  }

  private static var enough: Int { 64 }

  private func finding(
    _ activation: ObservedActivation<Scalar>, _ units: [Unit],
    _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding? {
    let duration = 5 * thresholds.patience
    func isDead(_ unit: Unit) -> Bool { unit.isDead(at: observation.step, after: duration) }
    let share = Double(units.count(where: isDead)) / Double(units.count)
    guard share >= thresholds.deadShare / 2 else { return nil }
    let dead = units.indices.filter { isDead(units[$0]) }
    let place = titled(activation.layer, activation.type)
    return Finding(
      .deadUnits, share == 1 ? .failure : share >= thresholds.deadShare ? .warning : .note,
      layer: activation.layer, units: dead, step: observation.step, measured: share,
      threshold: thresholds.deadShare,
      source: "share of the units that were off for every example of the observations of"
        + " \(duration) steps; a note below \(percentage(thresholds.deadShare))",
      statement:
        "\(dead.count) of the \(units.count) units of \(place) were inactive in every"
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
    return largest(output).map { !($0 <= 0) }
  }

  /// The largest output of each unit, at least 0; NaN if any of them is.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func largest(_ output: Tensor<Scalar>) -> [Scalar] {
    var maxima = [Scalar](repeating: 0, count: output.shape[output.rank - 1])
    VectorKernels.columnMaxima(output.span, into: maxima.mutableSpan)
    return maxima
  }
}
