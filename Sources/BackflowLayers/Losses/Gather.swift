internal import BackflowKernels
public import BackflowLinearAlgebra

/// One element of each row: `q[:, a]`, the value of the action taken (PyTorch `gather` along the
/// last axis).
///
///     y_n = x[n, a_n]
///
/// - Parameters:
///   - x: [..., C]; leading axes are the N rows.
///   - indices: a, one in 0 ..< C for each row, in row-major order.
/// - Returns: y, of x's leading axes.
/// - Precondition: There is one index for each row, and it is in its range.
///
/// Cost: O(N).
public func gather<Scalar>(_ x: Tensor<Scalar>, at indices: [Int]) -> Tensor<Scalar> {
  requireIndices(indices, x.shape)
  var values = Tensor<Scalar>(uninitialized: x.shape.removing(axis: x.rank - 1))
  VectorKernels.gather(
    x.span, indices, columns: x.shape[x.rank - 1], into: values.mutableSpan)
  return values
}

/// The gradient of the loss with respect to the x of `gather`, from that with respect to its
/// result: ȳ_n at [n, a_n] and 0 elsewhere (PyTorch `scatter`).
///
/// - Parameters:
///   - outputGradient: ȳ, of x's leading axes.
///   - indices: a, as given to `gather`.
///   - columns: C, the extent of x's last axis.
/// - Returns: x̄, of x's shape.
/// - Precondition: That of `gather`.
///
/// Cost: O(N·C).
public func gatherBackward<Scalar>(
  _ outputGradient: Tensor<Scalar>, at indices: [Int], columns: Int
) -> Tensor<Scalar> {
  let shape = Shape(Array(outputGradient.shape) + [columns])
  requireIndices(indices, shape)
  var gradient = Tensor<Scalar>(uninitialized: shape)
  VectorKernels.scatter(
    outputGradient.span, indices, columns: columns, into: gradient.mutableSpan)
  return gradient
}

private func requireIndices(_ indices: [Int], _ shape: Shape) {
  require(
    shape.rank >= 1 && indices.count == shape.dropLast().reduce(1, *),
    "gather: \(indices.count) indices against the rows of shape \(shape)")
}
