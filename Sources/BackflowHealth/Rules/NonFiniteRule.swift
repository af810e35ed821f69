internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// NaN and infinity, at the first step and in the first tensor in which they appear: the
/// parameters, forward through the outputs, the loss, backward through the gradients, the updated
/// parameters.
struct NonFiniteRule<Scalar: RealScalar>: HealthRule {
  private var isFound = false

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    guard !isFound, first(in: observation, skippingCovered: true) != nil,
      let (place, what, count, index) = first(in: observation, skippingCovered: false)
    else { return [] }
    isFound = true
    let extent = index.map { ", the first at element \($0)" } ?? ""
    return [
      Finding(
        .nonFinite, .failure, layer: place, step: observation.step, measured: Double(count),
        threshold: 0, source: "arithmetic: one NaN makes every sum NaN that it enters",
        statement: "\(what) of \(place) has \(count) NaN or infinite"
          + " \(count == 1 ? "element" : "elements")\(extent); everything recorded before it is finite",
        reason: "Every parameter that it reaches becomes NaN in the next update and stays so.",
        cure: "Skip the step, then lower the learning rate or clip by the global norm; look for a"
          + " logarithm of 0, a division by 0 or an input that is not finite.")
    ]
  }

  private typealias Place = (place: String, what: String, count: Int, index: Int?)

  private func first(
    in observation: StepObservation<Scalar>, skippingCovered: Bool
  ) -> Place? {
    func first(of shown: some Sequence<ShownTensor<Scalar>>) -> Place? {
      self.first(of: shown.lazy.filter { !(skippingCovered && $0.isCovered) })
    }
    let parameters = observation.parameters
    let values = parameters.map {
      ShownTensor($0.name, "the value", $0.value, isCovered: $0.isFinite)
    }
    if let found = first(of: values) ?? first(of: observation.forwards) { return found }
    if let loss = observation.loss?.value, !loss.isFinite {
      return ("the loss", "the value", 1, nil)
    }
    let losses = observation.entries.flatMap {
      [
        ShownTensor($0.name, "the loss by entry", $0.values),
        ShownTensor($0.name, "the gradient by entry", $0.gradient),
      ]
    }
    let gradients = parameters.reversed().compactMap { parameter in
      parameter.gradient.map { ShownTensor(parameter.name, "the gradient", $0) }
    }
    let updated = parameters.compactMap { parameter in
      parameter.after.map {
        ShownTensor(parameter.name, "the updated value", $0, isCovered: parameter.isFinite)
      }
    }
    return first(of: losses) ?? first(of: observation.backwards.reversed())
      ?? first(of: gradients) ?? first(of: updated)
  }

  private func first(of shown: some Sequence<ShownTensor<Scalar>>) -> Place? {
    for shown in shown {
      let count = shown.tensor.nonfiniteCount
      if count == 0 { continue }
      let span = shown.tensor.span
      let index = span.indices.first { !span[$0].isFinite }
      return (shown.place, shown.what, count, index)
    }
    return nil
  }
}
