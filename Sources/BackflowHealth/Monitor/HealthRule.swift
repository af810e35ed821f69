public import BackflowKernels

/// A rule about the steps of a training, which `HealthMonitor.init` takes.
///
///     struct SmallLoss: HealthRule {
///       func findings(in step: StepObservation<Float>, _: Thresholds) -> [Finding] {
///         guard let loss = step.loss?.value, loss < 1e-3 else { return [] }
///         return [Finding(.other, .note, layer: "the loss", …)]
///       }
///     }
///
/// A rule may keep state from earlier steps, which is encoded with the monitor. At every observed
/// step it returns every defect that the observation shows; the monitor reports a finding when it
/// has lasted for its `patience`, once for each kind, layer, gate and measure, and says when it has
/// healed.
public protocol HealthRule<Scalar>: Sendable, Codable {
  /// The element of the tensors.
  associatedtype Scalar: RealScalar

  /// What the rule finds at one observed step.
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding]

  /// Whether an observation shows what the rule needs to tell about a place. A finding at a place
  /// that is not examined neither goes on nor heals. The default is `true`.
  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool
}

extension HealthRule {
  /// `true`.
  public func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool { true }
}
