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
