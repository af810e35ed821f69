internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Inputs of a scale that no layer is initialized for, or that carry no information. Looked at once
/// for each network, and again as long as the scale is wrong.
struct InputRule<Scalar: RealScalar>: HealthRule {
  /// The networks whose input is of a good scale.
  private var accepted: Set<String> = []
  private var notes: [String: Finding] = [:]

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    observation.inputs.flatMap { input -> [Finding] in
      let isNew = notes[input.layer] == nil && !accepted.contains(input.layer)
      guard isNew || !accepted.contains(input.layer) else {
        return notes[input.layer].map { [$0] } ?? []
      }
      let scale = input.rootMeanSquare
      let tooLarge = scale.isFinite && scale > thresholds.inputScale
      if isNew, let note = input.constantFeatures(at: observation.step) {
        notes[input.layer] = note
      }
      if !tooLarge, scale.isFinite { accepted.insert(input.layer) }
      return (tooLarge ? [input.tooLarge(scale, at: observation.step, thresholds)] : [])
        + (notes[input.layer].map { [$0] } ?? [])
    }
  }
}

extension ObservedInput {
  /// The root mean square of all elements.
  fileprivate var rootMeanSquare: Double {
    value.isEmpty ? 0 : VectorKernels.norm(value.span) / Double(value.count).squareRoot()
  }

  fileprivate func tooLarge(_ scale: Double, at step: Int, _ thresholds: Thresholds) -> Finding {
    Finding(
      .unsuitableInput, .warning, layer: layer, step: step, measured: scale,
      threshold: thresholds.inputScale,
      source: "the root mean square of the inputs; initializations expect about 1",
      statement: "the inputs of \(layer) have a root mean square of \(figure(scale))",
      reason: "All that follows is larger by that factor: the first outputs, the gradients of the"
        + " first weights, and the length of the steps that are still stable.",
      cure: "Scale the inputs to mean 0 and variance 1 with the statistics of the training set;"
        + " pixels of 0 to 255, divide by 255.")
  }

  /// A note on features that are the same, and not zero, for every example.
  fileprivate func constantFeatures(at step: Int) -> Finding? {
    guard value.rank == 2, value.shape[0] >= 8, value.isFinite else { return nil }
    let (rows, columns) = (value.shape[0], value.shape[1])
    var (largest, negated) = (
      Tensor<Scalar>(repeating: -.infinity, shape: [columns]),
      Tensor<Scalar>(repeating: -.infinity, shape: [columns])
    )
    VectorKernels.columnMaxima(value.span, into: largest.mutableSpan)
    VectorKernels.columnMaxima((-value).span, into: negated.mutableSpan)
    let bounds = zip(largest.elements, negated.elements)
    let constant = bounds.enumerated().filter { $1.0 == -$1.1 && $1.0 != 0 }.map(\.offset)
    guard !constant.isEmpty else { return nil }
    return Finding(
      .unsuitableInput, .note, layer: layer, units: constant, step: step,
      measured: Double(constant.count), threshold: 0,
      source: "features with the same value, not zero, in every row of the batch",
      statement: "\(constant.count) of the \(columns) inputs of \(layer) are the same in all"
        + " \(rows) rows",
      reason: "They act like a bias, and tell nothing about the example.",
      cure: "Look at how the features are made; leave out those that never vary.")
  }
}
