import Backflow

/// The parts of a training step that a planted failure may spoil. Each is called with the number of
/// the step; those before the monitor was started are negative.
struct TrainingHooks<Model: Layer<Float>> {
  /// Changes the model before the forward pass.
  var model: ((Int, inout Model) -> Void)?
  /// Changes the optimizer before the step.
  var optimizer: ((Int, inout any Optimizer<Float>) -> Void)?
  /// Changes inputs, labels or targets.
  var batch: ((Int, inout TrainingBatch) -> Void)?
  /// The mode of the forward pass instead of that of training.
  var mode: ((Int) -> Mode)?
  /// Changes the gradient of the loss with respect to the output.
  var lossGradient: ((Int, inout Tensor<Float>) -> Void)?
  /// Changes the gradients before clipping.
  var gradients: ((Int, inout Model) -> Void)?
  /// Changes what the optimizer gets, and not the gradients that the monitor is shown.
  var direction: ((Int, inout Model) -> Void)?
  /// Changes the model after the update, given the one before it.
  var update: ((Int, _ before: Model, inout Model) -> Void)?
}

extension Parameterized<Float> {
  /// Changes the parameters whose names begin with `prefix`.
  mutating func change(_ prefix: String, _ change: (inout Tensor<Float>) -> Void) {
    var count = 0
    visitParameters { name, value in
      guard name.hasPrefix(prefix) else { return }
      change(&value)
      count += 1
    }
    precondition(count > 0, "no parameter begins with \(prefix)")
  }

  /// Takes the parameters whose names begin with `prefix` from another model.
  mutating func restore(_ prefix: String = "", from other: Self) {
    visitParameters(with: other) { name, value, old in if name.hasPrefix(prefix) { value = old } }
  }

  /// Changes every parameter with its counterpart in another model.
  mutating func combine(
    with other: Self, _ combine: (Tensor<Float>, Tensor<Float>) -> Tensor<Float>
  ) { visitParameters(with: other) { _, value, old in value = combine(value, old) } }
}
