internal import BackflowKernels
internal import BackflowLinearAlgebra

/// A tensor of a step, and what to call it: "the output" of "fc1".
struct ShownTensor<Scalar: RealScalar>: Sendable {
  let place: String
  let what: String
  let tensor: Tensor<Scalar>
  /// Whether another tensor of the step must be non-finite if this one is, so that a look at the
  /// other, smaller one is enough while all is well.
  let isCovered: Bool

  init(_ place: String, _ what: String, _ tensor: Tensor<Scalar>, isCovered: Bool = false) {
    (self.place, self.what, self.tensor, self.isCovered) = (place, what, tensor, isCovered)
  }
}
