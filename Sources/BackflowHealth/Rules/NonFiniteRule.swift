internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// NaN and infinity, at the first step and in the first tensor in which they appear: forwards
/// through the outputs, then the loss, then backwards through the gradients, then the updates.
struct NonFiniteRule<Scalar: RealScalar>: Rule {
  private var isFound = false

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    guard !isFound, let (place, what, count, index) = first(in: observation) else { return [] }
    isFound = true
    let extent = index.map { ", the first at element \($0)" } ?? ""
    return [
      Finding(
        .nonFinite, .failure, layer: place, step: observation.step, measured: Double(count),
        threshold: 0, source: "arithmetic: one NaN spoils every sum it enters",
        statement: "\(what) of \(place) holds \(count) NaN or infinite elements\(extent); what was"
          + " shown before it is finite",
        reason: "Every parameter that it reaches becomes NaN in the next update and stays so.",
        cure: "Skip the step, then lower the learning rate or clip by the global norm; look for a"
          + " logarithm of 0, a division by 0 or an input that is not finite.")
    ]
  }

  private func first(
    in observation: StepObservation<Scalar>
  ) -> (place: String, what: String, count: Int, index: Int?)? {
    for parameter in observation.parameters {
      if let found = spoilt(parameter.value, parameter.name, "the value") { return found }
    }
    for activation in observation.activations where activation.features.lowerBound == 0 {
      if let input = activation.input, let found = spoilt(input, activation.layer, "the input") {
        return found
      }
      if let found = spoilt(activation.output, activation.layer, "the output") { return found }
    }
    for signal in observation.signals {
      if let output = signal.output, let found = spoilt(output, signal.layer, "the output") {
        return found
      }
    }
    if let loss = observation.loss?.value, !loss.isFinite {
      return ("the loss", "the value", 1, nil)
    }
    for entries in observation.entries {
      if let found = spoilt(entries.values, entries.name, "the loss by entry") { return found }
      if let found = spoilt(entries.gradient, entries.name, "the gradient") { return found }
    }
    for signal in observation.signals.reversed() {
      if let found = spoilt(signal.outputGradient, signal.layer, "the gradient by the output") {
        return found
      }
      if let found = spoilt(signal.inputGradient, signal.layer, "the gradient by the input") {
        return found
      }
    }
    for recurrence in observation.recurrences.reversed() {
      let gradient = recurrence.trace.preactivationGradient
      if let found = spoilt(gradient, recurrence.layer, "the gradient by the pre-activations") {
        return found
      }
    }
    for parameter in observation.parameters {
      if let gradient = parameter.gradient,
        let found = spoilt(gradient, parameter.name, "the gradient")
      {
        return found
      }
    }
    for parameter in observation.parameters {
      if let after = parameter.after, let found = spoilt(after, parameter.name, "the updated value")
      {
        return found
      }
    }
    return nil
  }

  private func spoilt(
    _ tensor: Tensor<Scalar>, _ place: String, _ what: String
  ) -> (place: String, what: String, count: Int, index: Int?)? {
    let count = tensor.nonfiniteCount
    if count == 0 { return nil }
    return (place, what, count, tensor.elements.firstIndex { !$0.isFinite })
  }
}
