import Backflow
import BackflowKernels

extension PeerProfile {
  func makemoreVerdicts<Scalar: RealScalar>(
    on observation: StepObservation<Scalar>
  ) -> [PeerVerdict] {
    observation.activations.compactMap { saturatedShare($0) }
      + observation.parameters.compactMap { updateToData($0) }
  }

  private func saturatedShare<Scalar: RealScalar>(
    _ activation: ObservedActivation<Scalar>
  ) -> PeerVerdict? {
    guard activation.nonlinearity == .tanh,
      let counts = UnitCounts(activation.output, activation.features, -0.97, 0.97)
    else { return nil }
    let saturated = Double((counts.below + counts.above).reduce(0, +))
    return verdict(
      "saturated", activation.layer, fires: nil,
      saturated / Double(counts.samples * counts.above.count), limit: "share of |tanh| > 0.97")
  }

  private func updateToData<Scalar: RealScalar>(
    _ parameter: ObservedParameter<Scalar>
  ) -> PeerVerdict? {
    guard let after = parameter.after, parameter.value.rank >= 2 else { return nil }
    let update = Double((after - parameter.value).standardDeviation())
    let ratio = Double.log10(update / Double(parameter.value.standardDeviation()))
    return verdict(
      "update : data", parameter.name, fires: nil, ratio,
      limit: "log₁₀ of the ratio of standard deviations; about −3 is well")
  }
}
