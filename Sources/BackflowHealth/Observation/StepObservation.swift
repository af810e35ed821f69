public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// What one training step made, as far as somebody wants it looked at: activations, gradients,
/// parameters before and after, the loss.
///
/// Layers are shown in the order of the forward pass. Tensors are shared, not copied.
public struct StepObservation<Scalar: RealScalar>: Sendable {
  /// The number of the step, the first is 0.
  public let step: Int
  /// The outputs of nonlinearities, in the order of the forward pass.
  public private(set) var activations: [Activation<Scalar>] = []
  /// The gradients on both sides of layers, in the order of the forward pass.
  public private(set) var signals: [LayerSignal<Scalar>] = []
  /// What flowed back through recurrent cells.
  public private(set) var recurrences: [RecurrentSignal<Scalar>] = []
  /// Parameters with their gradients and their values after the step.
  public private(set) var parameters: [ObservedParameter<Scalar>] = []
  /// The loss of the step and the number of classes it chooses among, if that was told.
  public private(set) var loss: (value: Double, classes: Int?)?
  /// Losses by entry.
  public private(set) var entries: [LossEntries<Scalar>] = []
  /// What clipping did to the gradients of the step.
  public private(set) var clipping: ClippedStep?

  /// What the optimizer remembers after the step.
  public private(set) var optimizerState: OptimizerState<Scalar>?

  /// What the forward pass made, in its order, as far as it was shown.
  private(set) var forwards: [ShownTensor<Scalar>] = []
  /// What the backward pass made, in the order of the forward pass: last to first is its own.
  private(set) var backwards: [ShownTensor<Scalar>] = []

  /// Nothing yet of this step.
  public init(step: Int) { self.step = step }

  /// Shows a nonlinearity: its output y, [..., units], and if they are at hand its input a and the
  /// gradients by both. Of a gated cell `features` are the units of one gate. Where samples of y,
  /// [T, B, units], end early, `running` tells which rows count.
  public mutating func activation(
    _ layer: String, _ function: ActivationFunction, output: Tensor<Scalar>,
    input: Tensor<Scalar>? = nil, outputGradient: Tensor<Scalar>? = nil,
    inputGradient: Tensor<Scalar>? = nil, gate: String? = nil, features: Range<Int>? = nil,
    running: ActiveSamples? = nil
  ) {
    append(
      Activation(
        layer: layer, gate: gate, function: function, input: input, output: output,
        features: features ?? 0..<(output.shape.last ?? 0), running: running))
    if let outputGradient, let inputGradient {
      append(
        LayerSignal(
          layer: layer, kind: .activation, outputGradient: outputGradient,
          inputGradient: inputGradient, output: output,
          inputNorm: knownNorm(inputGradient)))
    }
  }

  /// Shows any layer: the gradients by its output and by its input.
  public mutating func signal(
    _ layer: String, _ kind: SignalKind, outputGradient: Tensor<Scalar>,
    inputGradient: Tensor<Scalar>, output: Tensor<Scalar>? = nil
  ) {
    if let output { forwards.append(ShownTensor(layer, "the output", output)) }
    append(
      LayerSignal(
        layer: layer, kind: kind, outputGradient: outputGradient, inputGradient: inputGradient,
        output: output, inputNorm: knownNorm(inputGradient)))
  }

  /// Shows the parameters of a model and their gradients, and, if the optimiser has run already,
  /// what they are `after` the step.
  public mutating func parameters<Model: Parameterized<Scalar>>(
    _ model: Model, gradients: Model? = nil, after: Model? = nil
  ) {
    let values = model.namedParameters
    let byParameter = gradients?.namedParameters
    let updated = after?.namedParameters
    for (index, (name, value)) in values.enumerated() {
      parameters.append(
        ObservedParameter(
          name: name, value: value, gradient: byParameter?[index].value,
          after: updated?[index].value))
    }
  }

  /// Shows the loss, and among how many classes it chooses, if it does.
  public mutating func loss(_ value: Scalar, classes: Int? = nil) {
    loss = (Double(value), classes)
  }

  /// Shows the loss of every entry beside the gradient by the prediction of the same entry: two
  /// tensors of one shape. `minimum` is the least the loss of an entry can be.
  public mutating func loss(
    _ name: String, entries values: Tensor<Scalar>, gradient: Tensor<Scalar>,
    minimum: Double = 0
  ) {
    require(
      values.shape == gradient.shape,
      "the losses of the entries \(values.shape) and their gradients \(gradient.shape) differ")
    entries.append(
      LossEntries(name: name, values: values, gradient: gradient, minimum: minimum))
  }

  /// Shows the gradients before and after they were clipped.
  public mutating func clipping<Model: Parameterized<Scalar>>(
    from before: Model, to after: Model
  ) { clipping = ClippedStep(before: before, after: after) }

  /// Shows what the optimizer remembers after the step.
  public mutating func optimizer(_ state: OptimizerState<Scalar>) { optimizerState = state }

  /// What flows out of a layer is what flows into the one below it, which was shown before: it is not
  /// measured twice.
  private func knownNorm(_ inputGradient: Tensor<Scalar>) -> Double? {
    func isOutput(_ tensor: Tensor<Scalar>) -> Bool {
      tensor.storage.sharesMemory(with: inputGradient.storage)
    }
    if let below = signals.last, isOutput(below.outputGradient) { return below.outputNorm }
    if let below = recurrences.last, isOutput(below.trace.outputGradient) {
      return below.norms.output
    }
    return nil
  }

  private mutating func append(_ signal: LayerSignal<Scalar>) {
    signals.append(signal)
    backwards += [
      ShownTensor(
        signal.layer, "the gradient by the input", signal.inputGradient,
        isCovered: signal.inputNorm.isFinite),
      ShownTensor(
        signal.layer, "the gradient by the output", signal.outputGradient,
        isCovered: signal.outputNorm.isFinite),
    ]
  }

  /// The gates of a cell stand side by side in one tensor, which is shown with the first of them.
  /// They are `covered` if the output that they make is shown as well.
  mutating func append(_ activation: Activation<Scalar>, covered: Bool = false) {
    activations.append(activation)
    guard activation.features.lowerBound == 0 else { return }
    if let input = activation.input {
      forwards.append(ShownTensor(activation.layer, "the input", input))
    }
    forwards.append(
      ShownTensor(activation.layer, "the output", activation.output, isCovered: covered))
  }

  mutating func input(_ layer: String, _ input: Tensor<Scalar>) {
    forwards.append(ShownTensor(layer, "the input", input))
  }

  mutating func output(_ layer: String, _ output: Tensor<Scalar>) {
    forwards.append(ShownTensor(layer, "the output", output))
  }

  mutating func recurrence(_ signal: RecurrentSignal<Scalar>) {
    recurrences.append(signal)
    let (trace, isCovered) = (signal.trace, signal.norms.areFinite)
    let shown =
      trace.stateGradients.map { ("the gradient by the states", $0) } + [
        ("the gradient by the pre-activations", trace.preactivationGradient),
        ("the gradient by the output", trace.outputGradient),
      ]
    backwards += shown.map { ShownTensor(signal.layer, $0, $1, isCovered: isCovered) }
  }
}
