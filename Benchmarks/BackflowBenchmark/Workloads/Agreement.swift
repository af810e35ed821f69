internal import Backflow

/// Throws an error if single and double precision disagree on a tensor, relative to its largest
/// element.
func requireAgreement(
  _ workload: String, _ what: String, _ single: Tensor<Float>, _ double: Tensor<Double>
) throws {
  let scale = double.maxMagnitude()
  let error = (Tensor<Double>(single) - double).maxMagnitude() / max(scale, .leastNormalMagnitude)
  // Rounding errors grow slowly with the length of the sums; a wrong formula causes much larger
  // errors.
  guard error < 1e-3 else {
    throw WrongResult(workload: workload, what: what, relativeError: error)
  }
}

/// Throws an error if single and double precision disagree on one of the tensors, which have the
/// same names in the same order.
func requireAgreement(
  _ workload: String, _ single: [(name: String, value: Tensor<Float>)],
  _ double: [(name: String, value: Tensor<Double>)]
) throws {
  guard single.map(\.name) == double.map(\.name) else {
    throw WrongResult(workload: workload, what: "the list of tensors", relativeError: .infinity)
  }
  for (one, two) in zip(single, double) {
    try requireAgreement(workload, one.name, one.value, two.value)
  }
}
