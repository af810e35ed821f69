internal import Backflow

/// Throws unless single precision agrees with double precision, tensor by tensor, relative to the
/// largest element.
func requireAgreement(
  _ workload: String, _ what: String, _ single: Tensor<Float>, _ double: Tensor<Double>
) throws {
  let scale = double.maxMagnitude()
  let error = (Tensor<Double>(single) - double).maxMagnitude() / max(scale, .leastNormalMagnitude)
  // Rounding grows slowly with the length of the sums; a wrong formula is wrong by far more.
  guard error < 1e-3 else {
    throw WrongResult(workload: workload, what: what, relativeError: error)
  }
}
