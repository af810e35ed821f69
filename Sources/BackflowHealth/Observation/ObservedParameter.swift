public import BackflowKernels
public import BackflowLinearAlgebra

/// A parameter at one step.
public struct ObservedParameter<Scalar: RealScalar>: Sendable {
  /// Its name in the model.
  public let name: String
  /// θ before the step
  public let value: Tensor<Scalar>
  /// The gradient of the loss with respect to θ, if it was recorded
  public let gradient: Tensor<Scalar>?
  /// θ after the step, if it was recorded
  public let after: Tensor<Scalar>?
  /// ‖θ after − θ‖, which is 0 only if every element is the same, and ‖θ‖; `nil` without elements
  /// or if θ was not recorded after the step.
  let change: (moved: Double, length: Double)?

  init(
    name: String, value: Tensor<Scalar>, gradient: Tensor<Scalar>?, after: Tensor<Scalar>?
  ) {
    (self.name, self.value, self.gradient, self.after) = (name, value, gradient, after)
    if let after, after.shape == value.shape, !value.isEmpty {
      change = (VectorKernels.norm((after - value).span), VectorKernels.norm(value.span))
    } else {
      change = nil
    }
  }

  /// Whether every element is known to be finite before and after the step, because the difference
  /// is.
  var isFinite: Bool { change?.moved.isFinite ?? false }

  /// ‖θ after − θ‖/‖θ‖; `nil` if θ was not recorded after the step, or was zero before.
  public var updateRatio: Double? {
    guard let change, change.length > 0 else { return nil }
    return change.moved / change.length
  }
}

/// Requires that two lists of parameters have the same shapes.
func requireSameParameters<Scalar: RealScalar>(
  _ parameters: [(name: String, value: Tensor<Scalar>)],
  _ others: [(name: String, value: Tensor<Scalar>)], _ function: String
) {
  require(
    parameters.count == others.count,
    "\(function): \(parameters.count) parameters and \(others.count) counterparts")
  for (parameter, other) in zip(parameters, others) {
    require(
      parameter.value.shape == other.value.shape,
      "\(function): \(parameter.name) has shape \(parameter.value.shape), its counterpart"
        + " \(other.value.shape)")
  }
}
