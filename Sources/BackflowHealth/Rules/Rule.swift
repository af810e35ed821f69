internal import BackflowKernels

/// One judgement about a step. A rule may remember earlier steps.
protocol Rule<Scalar>: Sendable {
  associatedtype Scalar: RealScalar

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding]
}
