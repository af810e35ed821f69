internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Tensors, one for each parameter of a model, with their norms.
struct MeasuredTensors<Scalar: RealScalar>: Sendable {
  let tensors: [Tensor<Scalar>]
  let norms: [Double]

  /// The norm of a tensor, if it is the one at this place.
  func norm(of tensor: Tensor<Scalar>, at index: Int) -> Double? {
    index < tensors.count && tensors[index].isSame(as: tensor) ? norms[index] : nil
  }
}

/// Returns the results of `measure` for each index, in order. Tensors that are worth a thread are
/// divided among threads one by one, so that the bits do not depend on their number.
@inline(__always)
func eachTensor<Scalar: RealScalar, Result: Sendable>(
  of tensors: [Tensor<Scalar>], _ measure: (Int) -> Result
) -> [Result] {
  let large = tensors.indices.filter { tensors[$0].count >= VectorKernels.elementsPerThread }
  guard large.count > 1, Threads.count > 1 else { return tensors.indices.map(measure) }
  let ahead = Threads.map(large.count, grain: 1) { part in part.map { measure(large[$0]) } }
    .flatMap { $0 }
  var next = 0
  return tensors.indices.map { index in
    guard next < large.count, large[next] == index else { return measure(index) }
    next += 1
    return ahead[next - 1]
  }
}

/// Whether two lists of tensors have the same shapes.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
func haveSameShapes<Scalar: RealScalar>(_ one: [Tensor<Scalar>], _ other: [Tensor<Scalar>]) -> Bool
{
  guard one.count == other.count else { return false }
  for index in one.indices where one[index].shape != other[index].shape { return false }
  return true
}

/// Requires that parameters and their counterparts, if there are any, have the same shapes.
func requireSameShapes<Scalar: RealScalar>(
  _ parameters: [Tensor<Scalar>], _ others: [Tensor<Scalar>]?, _ function: String,
  names: () -> [String]
) {
  guard let others, !haveSameShapes(parameters, others) else { return }
  require(
    parameters.count == others.count,
    "\(function): \(parameters.count) parameters and \(others.count) counterparts")
  for (index, name) in names().enumerated() {
    require(
      parameters[index].shape == others[index].shape,
      "\(function): \(name) has shape \(parameters[index].shape), its counterpart"
        + " \(others[index].shape)")
  }
}
