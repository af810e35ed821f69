import Backflow

/// A model of named tensors, for what concerns parameters only.
struct Model<Scalar: RealScalar>: Parameterized {
  var names: [String]
  var tensors: [Tensor<Scalar>]

  init(_ parameters: KeyValuePairs<String, Tensor<Scalar>>) {
    (names, tensors) = (parameters.map(\.key), parameters.map(\.value))
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    for index in tensors.indices { visit(names[index], &tensors[index]) }
  }

  func map(_ change: (Tensor<Scalar>) -> Tensor<Scalar>) -> Model {
    var changed = self
    changed.tensors = tensors.map(change)
    return changed
  }
}

/// The last step of a cut-off loss, written by hand as a user might: (clip d)², its gradient 2 clip
/// d where |d| ≤ k and 0 beyond.
func clippedSquare(_ d: Tensor<Double>, k: Double = 1) -> (
  values: Tensor<Double>, gradient: Tensor<Double>
) {
  let clipped = d.clamped(to: -k...k)
  let gradient = Tensor(d.elements.map { $0.magnitude <= k ? 2 * $0 : 0 })
  return (clipped.squared(), gradient.reshaped(to: d.shape))
}
