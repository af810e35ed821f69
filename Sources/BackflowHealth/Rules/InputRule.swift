internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Inputs of a scale that no layer is initialized for, or that carry no information. Looked at once
/// for each network, and again as long as the scale is wrong.
struct InputRule<Scalar: RealScalar>: HealthRule {
  /// The networks whose input is of a good scale.
  @NameSet private var accepted: Set<String> = []
  /// The networks whose features were examined, and what was found.
  @NameSet private var seen: Set<String> = []
  private var notes: [String: Finding] = [:]

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    // Nearly all observations of a training have nothing to tell.
    if notes.isEmpty, observation.inputs.allSatisfy({ accepted.contains($0.layer) }) { return [] }
    return observation.inputs.flatMap { input -> [Finding] in
      let isNew = !seen.contains(input.layer)
      // A small batch says nothing about features.
      if isNew, input.value.rank != 2 || input.value.shape[0] >= 8 {
        seen.insert(input.layer)
        notes[input.layer] = input.uselessFeatures(at: observation.step)
      }
      let note = notes[input.layer].map { [$0] } ?? []
      guard !accepted.contains(input.layer) else { return note }
      let scale = input.rootMeanSquare
      guard scale.isFinite, scale > thresholds.inputScale else {
        if scale.isFinite { accepted.insert(input.layer) }
        return note
      }
      return [input.tooLarge(scale, at: observation.step, thresholds)] + note
    }
  }

  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool {
    observation.inputs.contains { $0.layer == place }
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

  /// A note on features that are the same, and not zero, in all rows, or that repeat another one.
  fileprivate func uselessFeatures(at step: Int) -> Finding? {
    guard value.rank == 2, value.shape[0] >= 8, value.isFinite else { return nil }
    let bounds = columnBounds
    let still = Set(bounds.indices.filter { bounds[$0].least == bounds[$0].most })
    let constant = still.filter { bounds[$0].most != 0 }.sorted()
    let repeated = value.permuted([1, 0]).equalRows.map(\.second).filter { !still.contains($0) }
    guard constant.count + repeated.count > 0 else { return nil }
    return Finding(
      .unsuitableInput, .note, layer: layer, units: (constant + repeated).sorted(), step: step,
      measured: Double(constant.count + repeated.count), threshold: 0,
      source: "features with one value other than zero in the whole batch, or equal to another one",
      statement: "of the \(counted(bounds.count, "input")) of \(layer), "
        + [
          (constant.count, "the same in all \(value.shape[0]) rows"),
          (repeated.count, "equal to another one"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.0 == 1 ? "is" : "are") \($0.1)" }
        .joined(separator: ", and "),
      reason: "A constant acts like a bias, and a copy tells nothing new.",
      cure: "Look at how the features are made; leave out those that say nothing.")
  }

  /// The smallest and the largest value of each column.
  private var columnBounds: [(least: Scalar, most: Scalar)] {
    let columns = value.shape[1]
    var (most, negated) = (
      Tensor<Scalar>(repeating: -.infinity, shape: [columns]),
      Tensor<Scalar>(repeating: -.infinity, shape: [columns])
    )
    VectorKernels.columnMaxima(value.span, into: most.mutableSpan)
    VectorKernels.columnMaxima((-value).span, into: negated.mutableSpan)
    return zip(negated.elements, most.elements).map { (-$0, $1) }
  }
}
