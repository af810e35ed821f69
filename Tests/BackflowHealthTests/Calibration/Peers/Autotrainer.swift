import Backflow
import BackflowKernels

extension PeerProfile {
  func autotrainerVerdicts<Scalar: RealScalar>(
    on observation: StepObservation<Scalar>
  ) -> [PeerVerdict] {
    let kernels = observation.parameters.filter { $0.value.rank >= 2 && $0.gradient != nil }
    return firstAgainstLast(kernels) + zeroGradients(kernels)
      + observation.parameters.map { parameter in
        let largest = Double(parameter.value.maxMagnitude())
        return verdict(
          "large weights", parameter.name, fires: largest > 5, largest, limit: "a magnitude above 5"
        )
      }
  }

  /// Only the first and the last kernel are compared: a layer between them may be flat.
  private func firstAgainstLast<Scalar: RealScalar>(
    _ kernels: [ObservedParameter<Scalar>]
  ) -> [PeerVerdict] {
    guard kernels.count > 1, let first = kernels.first, let last = kernels.last,
      let lowest = first.gradient, let highest = last.gradient
    else { return [] }
    let length = VectorKernels.norm(lowest.span)
    let ratio = length / VectorKernels.norm(highest.span)
    return [
      verdict(
        "gradient vanish", first.name, fires: ratio < 1e-3 && length < 1e-4, ratio,
        limit: "first kernel's gradient below 1e-3 of the last's, and below 1e-4"),
      verdict(
        "gradient explode", first.name, fires: ratio > 70 || !ratio.isFinite, ratio,
        limit: "first kernel's gradient above 70 times the last's, or NaN"),
    ]
  }

  /// Counts entries and not units: sparse inputs trip it with no dead unit.
  private func zeroGradients<Scalar: RealScalar>(
    _ kernels: [ObservedParameter<Scalar>]
  ) -> [PeerVerdict] {
    let gradients = kernels.compactMap(\.gradient)
    let count = gradients.reduce(0) { $0 + $1.count }
    guard count > 0 else { return [] }
    let share = Double(gradients.reduce(0) { $0 + $1.zeroCount }) / Double(count)
    return [
      verdict(
        "dying ReLU", "all kernels", fires: share >= 0.7, share,
        limit: "at least 0.7 of all gradient entries exactly 0")
    ]
  }
}
