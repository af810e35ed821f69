internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Units that start with the same weights: they get the same gradients and stay the same for ever.
/// Looked for once, in the first weights that are shown.
struct SymmetryRule<Scalar: RealScalar>: Rule {
  private var hasLooked = false

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    guard !hasLooked, !observation.parameters.isEmpty else { return [] }
    hasLooked = true
    return observation.parameters.compactMap { parameter in
      let twins = parameter.value.twinRows
      guard !twins.isEmpty else { return nil }
      return Finding(
        .symmetricUnits, .failure, layer: parameter.name, units: twins, step: observation.step,
        measured: Double(twins.count), threshold: 0,
        source: "rows of the weight that are equal in every element",
        statement: "\(twins.count) of the \(parameter.value.shape[0]) units of \(parameter.name)"
          + " start with the weights of another unit",
        reason:
          "Equal units get equal gradients: together they can learn no more than one of them.",
        cure: "Draw the weights at random (Glorot, He, orthogonal); only biases may start equal.")
    }
  }
}

extension Tensor {
  /// The rows of a weight [outputs, inputs] that equal a row before them.
  fileprivate var twinRows: [Int] {
    guard rank == 2, shape[0] > 1, shape[1] > 0 else { return [] }
    let sums = sum(axis: 1).elements
    // Equal rows have equal sums, and few others do.
    let order = sums.indices.sorted { (sums[$0], $0) < (sums[$1], $1) }
    var twins: [Int] = []
    for (one, other) in zip(order, order.dropFirst())
    where sums[one] == sums[other] && select(one) == select(other) {
      twins.append(other)
    }
    return twins.sorted()
  }
}
