public import BackflowLinearAlgebra

/// A recurrence that can say how its state depends on the state before.
///
/// This is all that an analysis of stability knows of a cell: the equations stay in the layer.
public protocol RecurrentCell<Scalar>: Layer {
  /// The number of elements of one sample's state.
  var stateSize: Int { get }

  /// J = ∂s_t/∂s_{t−1}, [state, state], for one sample at step t = `step` (0 is the first) of the
  /// forward pass that made `cache`.
  func stateJacobian(step: Int, sample: Int, _ cache: Cache) -> Tensor<Scalar>
}
