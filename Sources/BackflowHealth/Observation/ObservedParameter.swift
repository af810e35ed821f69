public import BackflowKernels
internal import BackflowLayers
public import BackflowLinearAlgebra

/// A parameter at one step.
public struct ObservedParameter<Scalar: RealScalar>: Sendable {
  /// Its name in the model, behind the prefix of the model.
  public let name: String
  /// What the names of its model begin with
  let model: String
  /// θ before the step
  public let value: Tensor<Scalar>
  /// The gradient of the loss with respect to θ, if it was recorded
  public let gradient: Tensor<Scalar>?
  /// θ after the step, if it was recorded
  public let after: Tensor<Scalar>?
  /// ‖θ‖
  public let norm: Double
  /// The norm of the gradient, if it was recorded.
  public let gradientNorm: Double?
  /// ‖θ after − θ‖, which is 0 only if every element is the same, and ‖θ‖; `nil` without elements
  /// or if θ was not recorded after the step.
  let change: (moved: Double, length: Double)?

  init(
    name: String, of model: String, value: Tensor<Scalar>, gradient: Tensor<Scalar>?,
    after: Tensor<Scalar>?, _ norms: Norms
  ) {
    (self.name, self.model) = (name, model)
    (self.value, self.gradient, self.after) = (value, gradient, after)
    norm = norms.value
    gradientNorm = norms.gradient
    change = norms.change.map { ($0, norms.value) }
  }

  /// The norms of one parameter.
  struct Norms: Sendable {
    let value: Double
    let gradient: Double?
    let change: Double?

    /// Measures θ, its gradient unless that is known, and the step, in one pass.
    init(
      _ value: Tensor<Scalar>, _ gradient: Tensor<Scalar>?, _ after: Tensor<Scalar>?,
      known: Double?
    ) {
      guard let after, after.shape == value.shape, !value.isEmpty else {
        self.value = VectorKernels.norm(value.span)
        self.gradient = known ?? gradient.map { VectorKernels.norm($0.span) }
        change = nil
        return
      }
      if let gradient, known == nil, gradient.count == value.count {
        let norms = VectorKernels.updateNorms(
          value.span, gradient: gradient.span, after: after.span)
        (self.value, self.gradient, change) = (norms.parameter, norms.gradient, norms.change)
      } else {
        let norms = VectorKernels.updateNorms(
          value.span, gradient: value.span.extracting(0..<0), after: after.span)
        (self.value, change) = (norms.parameter, norms.change)
        self.gradient = known ?? gradient.map { VectorKernels.norm($0.span) }
      }
    }
  }

  /// The parameters of a model. Gradients that are `known` at their places are not measured again.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func all(
    _ list: ParameterList<Scalar>, _ prefix: String,
    gradients: [Tensor<Scalar>]?, after: [Tensor<Scalar>]?, known: MeasuredTensors<Scalar>?
  ) -> [ObservedParameter] {
    let values = list.values
    let norms = eachTensor(of: values) { index in
      Norms(
        values[index], gradients?[index], after?[index],
        known: gradients.flatMap { known?.norm(of: $0[index], at: index) })
    }
    return values.indices.map { index in
      ObservedParameter(
        name: prefix.isEmpty ? list.names[index] : prefix + list.names[index], of: prefix,
        value: values[index], gradient: gradients?[index],
        after: after?[index], norms[index])
    }
  }

  /// Whether the value is that after the update, because the one before it was not recorded.
  var isUpdated = false

  /// The layer: the name up to the last dot, or the whole name without one.
  public var layer: String { layerName(of: name) }

  /// Whether every element is finite: before and after the step, and of the gradient.
  var isFinite: Bool {
    norm.isFinite && gradientNorm?.isFinite ?? true
      && (change?.moved.isFinite ?? after?.isFinite ?? true)
  }

  /// Whether it multiplies a signal, as weights [outputs, inputs] and kernels do and biases do not.
  var isWeight: Bool { value.rank >= 2 }

  /// ‖θ after − θ‖/‖θ‖; `nil` if θ was not recorded after the step, or was zero before.
  public var updateRatio: Double? {
    guard let change, change.length > 0 else { return nil }
    return change.moved / change.length
  }

  /// ‖θ‖, but for a weight at least the norm of one that is drawn at random:
  /// √(count/(3 fan-in)), as by PyTorch's default. A weight that starts at zero is measured against
  /// what it will become.
  var scale: Double {
    let rows = value.shape.first ?? 1
    guard isWeight, rows > 0 else { return max(norm, (Double(value.count)).squareRoot() / 10) }
    return max(norm, (Double(rows) / 3).squareRoot())
  }

  /// g·Δθ, the change of the loss to first order.
  func predictedChange(_ gradient: Tensor<Scalar>) -> Double {
    guard let after, after.shape == value.shape, gradient.shape == value.shape else { return 0 }
    return Double(dot(gradient.flattened, (after - value).flattened))
  }
}

/// The layer of a parameter: its name up to the last dot, or all of it.
func layerName(of parameter: String) -> String {
  parameter.lastIndex(of: ".").map { String(parameter[..<$0]) } ?? parameter
}
