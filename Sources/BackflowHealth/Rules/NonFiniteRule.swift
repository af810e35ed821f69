internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// NaN and infinity, once in a training, at the first step and in the first tensor in which they
/// appear: the parameters, forward through the outputs, the loss, backward through the gradients,
/// the updated parameters.
struct NonFiniteRule<Scalar: RealScalar>: HealthRule {
  private var isFound = false

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    guard !isFound, isSuspicious(observation), let place = Place(in: observation) else { return [] }
    isFound = true
    let extent = place.position.map { ", the first at \($0)" } ?? ""
    let before = place.before.map { "; the last finite one before it is \($0)" } ?? ""
    return [
      Finding(
        .nonFinite, .failure, layer: place.layer, step: observation.step,
        measured: Double(place.count), threshold: 0,
        source: "arithmetic: one NaN makes every sum NaN that it enters",
        statement: "\(place.words) has \(counted(place.count, "NaN or infinite element"))\(extent)"
          + before,
        reason: "Every parameter that it reaches becomes NaN in the next update and stays so.",
        cure: "Skip the step, then lower the learning rate or clip by the global norm; look for a"
          + " logarithm of 0, a division by 0 or an input that is not finite.")
    ]
  }

  /// Whether anything is not finite, as cheaply as it can be told: a tensor with a finite norm is
  /// finite.
  private func isSuspicious(_ observation: StepObservation<Scalar>) -> Bool {
    let parameters = observation.parameters.span
    for index in parameters.indices where !parameters[index].isFinite { return true }
    return observation.loss?.value.isFinite == false || isSuspicious(observation.forwards)
      || isSuspicious(observation.signals)
      || observation.innerSignals.contains(where: isSuspicious)
      || observation.recurrences.contains { !$0.norms.areFinite }
      || observation.entries.contains { !$0.values.isFinite || !$0.gradient.isFinite }
  }

  private func isSuspicious(_ signals: [LayerSignal<Scalar>]) -> Bool {
    let signals = signals.span
    for index in signals.indices
    where !signals[index].inputNorm.isFinite || !signals[index].outputNorm.isFinite {
      return true
    }
    return false
  }

  private func isSuspicious(_ tensors: [ShownTensor<Scalar>]) -> Bool {
    let tensors = tensors.span
    for index in tensors.indices where !tensors[index].isCovered {
      if !tensors[index].tensor.isFinite { return true }
    }
    return false
  }

  /// The first tensor that is not finite.
  private struct Place {
    let layer: String
    let words: String
    let count: Int
    /// The indices of its first such element, outermost first.
    let position: [Int]?
    /// The tensor before it, in words.
    let before: String?

    init?(in observation: StepObservation<Scalar>) {
      var last: String?
      if let place = Place(among: observation.forwardOrder, after: &last) {
        self = place
        return
      }
      if let loss = observation.loss?.value {
        if !loss.isFinite {
          (layer, words, count) = ("the loss", "the value of the loss", 1)
          (position, before) = (nil, last)
          return
        }
        last = "the value of the loss"
      }
      guard let place = Place(among: observation.backwardOrder, after: &last) else { return nil }
      self = place
    }

    private init?(among shown: [ShownTensor<Scalar>], after last: inout String?) {
      for shown in shown {
        let count = shown.tensor.nonfiniteCount
        if count > 0 {
          (layer, words, self.count) = (shown.place, shown.description, count)
          (position, before) = (shown.tensor.firstNonfinitePosition, last)
          return
        }
        last = shown.description
      }
      return nil
    }
  }
}

extension Tensor {
  /// The indices of the first element that is NaN or infinite, outermost first.
  fileprivate var firstNonfinitePosition: [Int]? {
    let elements = span
    if rank == 0 { return nil }
    return elements.indices.first { !elements[$0].isFinite }.map { index in
      zip(shape.strides, shape).map { stride, extent in index / stride % extent }
    }
  }
}

extension StepObservation {
  /// The recorded tensors up to the loss, in the order in which a step computes them.
  fileprivate var forwardOrder: [ShownTensor<Scalar>] {
    parameters.filter { !$0.isUpdated }.map { ShownTensor($0.name, "the value", $0.value) }
      + forwards
  }

  /// The recorded tensors behind the loss: gradients from the top, updated parameters.
  fileprivate var backwardOrder: [ShownTensor<Scalar>] {
    let losses = entries.flatMap {
      [
        ShownTensor($0.name, "the loss by entry", $0.values),
        ShownTensor($0.name, "the gradient by entry", $0.gradient),
      ]
    }
    let gradients = parameters.reversed().compactMap { parameter in
      parameter.gradient.map { ShownTensor(parameter.name, "the gradient", $0) }
    }
    let updated = parameters.compactMap { parameter in
      (parameter.isUpdated ? parameter.value : parameter.after).map {
        ShownTensor(parameter.name, "the updated value", $0)
      }
    }
    return losses + backwards.flatMap { $0() }.reversed() + gradients + updated
  }
}
