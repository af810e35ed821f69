internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// A tensor of a step with its name: "the output" of "fc1".
struct ShownTensor<Scalar: RealScalar>: Sendable {
  let place: String
  /// The type of the layer, for words.
  let type: LayerType?
  let what: String
  let tensor: Tensor<Scalar>
  /// Whether a healthy step need not check it, because another, smaller tensor of the step must be
  /// non-finite if this one is.
  let isCovered: Bool

  init(
    _ place: String, _ what: String, _ tensor: Tensor<Scalar>, isCovered: Bool = false,
    type: LayerType? = nil
  ) {
    (self.place, self.what, self.tensor, self.isCovered) = (place, what, tensor, isCovered)
    self.type = type
  }

  /// "the output of 2 (Dense)".
  var description: String { "\(what) of \(titled(place, type?.name))" }
}

/// The name of a layer with its type, where it is known: "2 (Dense)".
func titled(_ layer: String, _ type: String?) -> String {
  type.map { "\(layer) (\($0))" } ?? layer
}
