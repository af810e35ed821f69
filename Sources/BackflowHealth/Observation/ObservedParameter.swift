public import BackflowKernels
public import BackflowLinearAlgebra

/// A parameter at one step.
public struct ObservedParameter<Scalar: RealScalar>: Sendable {
  /// Its name in the model.
  public let name: String
  /// θ before the step
  public let value: Tensor<Scalar>
  /// The gradient by θ, if it was shown
  public let gradient: Tensor<Scalar>?
  /// θ after the step, if it was shown
  public let after: Tensor<Scalar>?
  /// ‖θ after − θ‖, 0 only if every element is the same, and ‖θ‖; `nil` without elements or if it was
  /// not shown after the step.
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

  /// Whether it is known that every element is finite, before and after: their difference is.
  var isFinite: Bool { change?.moved.isFinite ?? false }

  /// ‖θ after − θ‖/‖θ‖; `nil` if it was not shown after the step, or was zero before.
  public var updateRatio: Double? {
    guard let change, change.length > 0 else { return nil }
    return change.moved / change.length
  }
}
