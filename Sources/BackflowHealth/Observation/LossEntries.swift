public import BackflowKernels
public import BackflowLinearAlgebra

/// The losses of single entries.
public struct LossEntries<Scalar: RealScalar>: Sendable {
  /// The name under which it is reported.
  public let name: String
  /// The loss of every entry
  public let values: Tensor<Scalar>
  /// The gradient of the loss with respect to the prediction of every entry, of the same shape, or
  /// with one row for each entry, as of softmax cross-entropy: [..., C] for losses [...]
  public let gradient: Tensor<Scalar>
  /// The least that the loss of an entry can be.
  public let minimum: Double
}
