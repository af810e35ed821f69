internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

/// Products with the Hessian H of a loss, or with D (H + penalty · I) D for a diagonal D, by
/// central differences of the gradient:
///
///     H v ≈ (∇L(θ + ε v) − ∇L(θ − ε v))/2ε,   ε = u^(1/3) (1 + ‖θ‖)/‖v‖
///
/// The error of the difference grows as ε², that of rounding as u/ε, so that their sum is least for
/// an ε about u^(1/3) times the scale of the parameters, where u is the unit of their precision.
/// The 1 stands for the scale of parameters that are zero.
struct HessianProduct<Model: Parameterized> {
  /// The loss and its gradients for a model.
  typealias Gradient = (Model) -> (loss: Model.Scalar, gradients: Model)

  private let model: Model
  private let parameters: [(name: String, value: Tensor<Model.Scalar>)]
  private let gradient: Gradient
  private let step: Double
  /// D, [n], or `nil` for the identity.
  private let scaling: Tensor<Double>?
  private let penalty: Double
  /// θ, [n].
  private let point: Tensor<Double>
  /// The number of gradients that were computed.
  private(set) var evaluations = 0

  /// Products at the parameters of `model`, with D = P^(−1/2).
  ///
  /// - Throws: `SharpnessError` if there is no parameter or one is not finite.
  /// - Precondition: The preconditioner has the shapes of the parameters.
  init(
    _ model: Model, preconditioner: [Tensor<Double>]?, penalty: Double,
    _ gradient: @escaping Gradient
  ) throws(SharpnessError) {
    parameters = model.namedParameters
    for (name, value) in parameters where !value.isFinite {
      throw .nonFiniteParameter(name: name, count: value.nonfiniteCount)
    }
    guard parameters.contains(where: { $0.value.count > 0 }) else { throw .noParameters }
    point = Tensor.concatenate(parameters.map { Tensor<Double>($0.value).flattened })
    if let preconditioner {
      require(
        preconditioner.map(\.shape) == parameters.map(\.value.shape),
        "the optimizer has the shapes \(preconditioner.map(\.shape)), the model"
          + " \(parameters.map(\.value.shape))")
    }
    scaling = preconditioner.map { 1 / Tensor.concatenate($0.map(\.flattened)).squareRoot() }
    step = .root(Double(Model.Scalar.ulpOfOne), 3) * (1 + point.norm())
    (self.model, self.penalty, self.gradient) = (model, penalty, gradient)
  }

  /// n, the number of elements of all parameters.
  var order: Int { point.count }

  /// Returns the product with v, [n], by differences over `stretch` times ε.
  mutating func multiply(
    _ v: Tensor<Double>, stretch: Double = 1
  ) throws(SharpnessError) -> Tensor<Double> {
    let direction = scaling.map { $0 * v } ?? v
    let ε = stretch * step / direction.norm()
    let above = try gradient(along: direction, ε)
    let below = try gradient(along: direction, -ε)
    let product = (above - below) * (1 / (2 * ε)) + penalty * direction
    return scaling.map { $0 * product } ?? product
  }

  /// Returns L and ∇L at θ.
  mutating func atPoint() throws(SharpnessError) -> (loss: Double, gradient: Tensor<Double>) {
    try evaluate(model)
  }

  private mutating func gradient(
    along direction: Tensor<Double>, _ distance: Double
  ) throws(SharpnessError) -> Tensor<Double> {
    var (displaced, first) = (model, 0)
    displaced.visitParameters { _, parameter in
      let range = first..<first + parameter.count
      let moved = point[range] + distance * direction[range]
      parameter = Tensor<Model.Scalar>(moved).reshaped(to: parameter.shape)
      first = range.upperBound
    }
    return try evaluate(displaced).gradient
  }

  private mutating func evaluate(
    _ model: Model
  ) throws(SharpnessError) -> (loss: Double, gradient: Tensor<Double>) {
    evaluations += 1
    let (loss, gradients) = gradient(model)
    let named = gradients.namedParameters
    requireSameShapes(
      parameters.map(\.value), named.map(\.value), "Sharpness", names: { parameters.map(\.name) })
    for (name, value) in named where !value.isFinite {
      throw .nonFiniteGradient(parameter: name, count: value.nonfiniteCount)
    }
    return (Double(loss), .concatenate(named.map { Tensor<Double>($0.value).flattened }))
  }
}
