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
/// A rule may keep state from earlier steps. It returns what it finds at every step; the monitor
/// reports a finding once for each kind, layer and gate.
public protocol HealthRule<Scalar>: Sendable {
  /// The element of the tensors.
  associatedtype Scalar: RealScalar

  /// What the rule finds at one observed step.
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding]
}
