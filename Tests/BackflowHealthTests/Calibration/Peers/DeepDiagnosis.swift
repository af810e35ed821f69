import Backflow
import BackflowKernels

extension PeerProfile {
  func deepDiagnosisVerdicts<Scalar: RealScalar>(
    on observation: StepObservation<Scalar>
  ) -> [PeerVerdict] {
    observation.activations.compactMap { entries(of: $0) }
      + observation.parameters.flatMap { gradientAndVariance($0) }
  }

  private func entries<Scalar: RealScalar>(of activation: ObservedActivation<Scalar>)
    -> PeerVerdict?
  {
    let isReLU = activation.nonlinearity == .relu
    guard let values = isReLU ? activation.output : activation.input else { return nil }
    guard
      let counts = isReLU
        ? UnitCounts(values, activation.features, 0, 0)
        : UnitCounts(values, activation.features, -5, 5)
    else { return nil }
    let all = Double(counts.samples * counts.above.count)
    let above = Double(counts.above.reduce(0, +))
    if isReLU {
      let share = (all - above) / all
      return verdict(
        "dead ReLU", activation.layer, fires: share >= 0.7, share,
        limit: "at least 0.7 of the entries at most 0, in one batch")
    }
    let share = (above + Double(counts.below.reduce(0, +))) / all
    return verdict(
      "saturated activation", activation.layer, fires: share > 0.5, share,
      limit: "more than 0.5 of the pre-activations beyond ±5")
  }

  private func gradientAndVariance<Scalar: RealScalar>(
    _ parameter: ObservedParameter<Scalar>
  ) -> [PeerVerdict] {
    var verdicts: [PeerVerdict] = []
    if let gradient = parameter.gradient {
      let mean = gradient.meanMagnitude
      verdicts = [
        verdict(
          "vanishing gradient", parameter.name, fires: mean < 1e-7, mean,
          limit: "mean magnitude below 1e-7"),
        verdict(
          "exploding tensor", parameter.name, fires: !gradient.isFinite,
          Double(gradient.nonfiniteCount), limit: "an element that is not finite"),
      ]
    }
    if parameter.value.rank >= 2 {
      let variance = Double(parameter.value.variance())
      verdicts.append(
        verdict(
          "poor weight initialization", parameter.name, fires: !(1e-5...10).contains(variance),
          variance, limit: "variance outside 1e-5 … 10"))
    }
    return verdicts
  }
}
