import Backflow
import BackflowKernels

extension PeerProfile {
  func sageMakerDebuggerVerdicts<Scalar: RealScalar>(
    on observation: StepObservation<Scalar>
  ) -> [PeerVerdict] {
    observation.activations.compactMap { inactiveUnits($0) }
      + observation.parameters.flatMap { gradientAndUpdate($0) }
  }

  /// A unit counts when its pre-activation is inside the window for less than 1 % of the entries;
  /// the rule fires when more than half of the layer counts. The windows are not where the
  /// derivative is 10⁻⁷, as its guide says: that is at ±8.75 for tanh and at ±16.12 for a sigmoid.
  private func inactiveUnits<Scalar: RealScalar>(
    _ activation: ObservedActivation<Scalar>
  ) -> PeerVerdict? {
    let window: (rule: String, lower: Double, upper: Double)
    switch activation.nonlinearity {
    case .tanh: window = ("saturated tanh", -9.4999, 9.4999)
    case .sigmoid: window = ("saturated sigmoid", -23, 16.99999)
    case .relu: window = ("dead ReLU", 0, .infinity)
    }
    let isReLU = activation.nonlinearity == .relu
    guard let values = isReLU ? activation.output : activation.input,
      let outside = UnitCounts(values, activation.features, window.lower, window.upper)
    else { return nil }
    // A ReLU is active above 0, and its outputs are never below.
    let active =
      isReLU
      ? UnitCounts(values, activation.features, 0, 0)?.above ?? []
      : zip(outside.below, outside.above).map { outside.samples - $0 - $1 }
    let inactive = active.filter { Double($0) < 0.01 * Double(outside.samples) }.count
    let share = Double(inactive) / Double(active.count)
    return verdict(
      window.rule, activation.layer, fires: share > 0.5, share,
      limit: "more than 0.5 of the units active for less than 1 %")
  }

  private func gradientAndUpdate<Scalar: RealScalar>(
    _ parameter: ObservedParameter<Scalar>
  ) -> [PeerVerdict] {
    var verdicts: [PeerVerdict] = []
    if let gradient = parameter.gradient {
      let mean = gradient.meanMagnitude
      verdicts.append(
        verdict(
          "vanishing gradient", parameter.name, fires: mean < 1e-7, mean,
          limit: "mean magnitude below 1e-7"))
      let bad = gradient.nonfiniteCount
      verdicts.append(
        verdict(
          "exploding tensor", parameter.name, fires: bad > 0, Double(bad),
          limit: "an element that is not finite"))
    }
    if let ratio = parameter.updateRatio {
      verdicts.append(
        verdict(
          "weight update ratio", parameter.name, fires: ratio > 10 || ratio < 1e-8, ratio,
          limit: "above 10 or below 1e-8"))
    }
    if let after = parameter.after, after.shape == parameter.value.shape {
      let moved = (after - parameter.value).maxMagnitude()
      let isUnchanged = after.isClose(to: parameter.value)
      verdicts.append(
        verdict(
          "unchanged tensor", parameter.name, fires: isUnchanged, Double(moved),
          limit: "all elements within 1e-8 + 1e-5·|θ|; the tool waits for three steps"))
    }
    return verdicts
  }
}

extension Tensor {
  /// Whether every |x − y| ≤ 1e-8 + 1e-5·|y|.
  fileprivate func isClose(to other: Tensor) -> Bool {
    let bound = absolute(other) * Scalar(1e-5) + Scalar(1e-8)
    return (bound - absolute(self - other)).min() >= 0
  }
}
