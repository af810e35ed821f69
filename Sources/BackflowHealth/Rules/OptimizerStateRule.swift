internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// NaN and infinity in the state of the optimizer. They stay there when parameters and gradients
/// are finite again: with an infinite second moment a parameter never moves.
struct OptimizerStateRule<Scalar: RealScalar>: HealthRule {
  private var isFound = false

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    guard !isFound, let state = observation.optimizerState else { return [] }
    let counts = state.tensors.map(\.nonfiniteCount)
    guard let first = counts.firstIndex(where: { $0 > 0 }) else { return [] }
    isFound = true
    let others = counts.count { $0 > 0 } - 1
    let more =
      others == 0
      ? ""
      : "; \(counted(others, "other tensor")) of it \(others == 1 ? "has" : "have")"
        + " such elements as well"
    return [
      Finding(
        .nonFinite, .failure, layer: parameter(of: state.names[first]), step: observation.step,
        measured: Double(counts[first]), threshold: 0,
        source: "arithmetic: a decaying mean of infinity is infinite",
        statement: "the optimizer's \(state.names[first]) holds"
          + " \(counted(counts[first], "NaN or infinite element"))\(more)",
        reason:
          "It stays so: a NaN makes the parameter NaN at every step, and a parameter whose squared"
          + " gradients are infinite never moves again.",
        cure:
          "Leave out steps whose gradient is not finite, go back to an earlier state, or start"
          + " with a new optimizer.",
        measure: "state")
    ]
  }

  /// "0.weight" of "exp_avg.0.weight".
  private func parameter(of tensor: String) -> String {
    tensor.firstIndex(of: ".").map { String(tensor[tensor.index(after: $0)...]) } ?? tensor
  }
}
