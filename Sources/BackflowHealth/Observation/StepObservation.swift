public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// The values of one training step that rules look at: activations, gradients, parameters before
/// and after, the loss.
///
/// Layers are recorded in the order of the forward pass. Tensors are shared, not copied.
public struct StepObservation<Scalar: RealScalar>: Sendable {
  /// The number of the step, from 0.
  public let step: Int
  /// The units of nonlinearities, in the order of the forward pass.
  public internal(set) var activations: [ObservedActivation<Scalar>] = []
  /// The gradients on both sides of the layers of a network, in the order of the forward pass.
  public internal(set) var signals: [LayerSignal<Scalar>] = []
  /// The same of further networks, and inside containers: each element holds layers that follow one
  /// another.
  public internal(set) var innerSignals: [[LayerSignal<Scalar>]] = []
  /// The layers that show neither their activations nor their parts: nothing inside them is judged.
  public internal(set) var opaqueLayers: [String] = []
  /// The gradients that flowed back through recurrent cells.
  public internal(set) var recurrences: [RecurrentSignal<Scalar>] = []
  /// Parameters with their gradients and their values after the step.
  public private(set) var parameters: [ObservedParameter<Scalar>] = []
  /// The loss of the step, and the number of classes if it was recorded.
  public private(set) var loss: (value: Double, classes: Int?)?
  /// The losses of single entries.
  public private(set) var entries: [LossEntries<Scalar>] = []
  /// The effect of clipping on the gradients of the step.
  public private(set) var clipping: ClippedStep?
  /// The state of the optimizer after the step.
  public private(set) var optimizerState: OptimizerState<Scalar>?
  /// The Taylor tests of updates, one for each model.
  public private(set) var updateTests: [UpdateTest] = []
  /// The input of each network, with the name of the layer that reads it.
  public internal(set) var inputs: [ObservedInput<Scalar>] = []
  /// The output of each network, if it was recorded: of a classifier its logits, [N, classes].
  public internal(set) var outputs: [(layer: String, value: Tensor<Scalar>)] = []
  /// The normalization layers with running statistics.
  public internal(set) var normalizations: [ObservedNormalization] = []
  /// The losses of the training up to this step, as the monitor knows them.
  public internal(set) var losses = LossHistory()
  /// The rule of the monitor that wishes which parameters `recordUpdate` tests; `nil` without one.
  var updateTestRule: UpdateTestRule<Scalar>?

  /// The recorded tensors of the forward pass, in its order.
  var forwards: [ShownTensor<Scalar>] = []
  /// The recorded tensors of the backward pass in reverse order, as functions: they are listed only
  /// if one of them is not finite.
  var backwards: [@Sendable () -> [ShownTensor<Scalar>]] = []

  /// The number of networks so far.
  var networks = 0
  /// The gradients that `recordClipping` has measured before clipping.
  private var clippedGradients: MeasuredTensors<Scalar>?

  /// An observation without records.
  public init(step: Int) { self.step = step }

  /// Records a nonlinearity.
  ///
  /// - Parameters:
  ///   - layer: The name of the layer.
  ///   - nonlinearity: φ.
  ///   - output: y, [..., features].
  ///   - input: a, if it is at hand.
  ///   - outputGradient: ȳ, if it is at hand.
  ///   - inputGradient: x̄. The signal is judged if both gradients are given.
  ///   - gate: The name of the gate, in a gated cell.
  ///   - features: The features of the gate; all of them if `nil`.
  ///   - running: The valid rows of an output [T, B, features] whose samples end early.
  public mutating func recordActivation(
    _ layer: String, _ nonlinearity: Nonlinearity, output: Tensor<Scalar>,
    input: Tensor<Scalar>? = nil, outputGradient: Tensor<Scalar>? = nil,
    inputGradient: Tensor<Scalar>? = nil, gate: String? = nil, features: Range<Int>? = nil,
    running: ActiveSamples? = nil
  ) {
    add(
      Activation(
        owner: layer, nonlinearity, output: output, input: input, gate: gate, features: features,
        running: running),
      of: layer)
    if let outputGradient, let inputGradient {
      recordSignal(
        layer, .activation, outputGradient: outputGradient, inputGradient: inputGradient)
    }
  }

  /// Records the gradients of the loss with respect to the output and the input of any layer.
  public mutating func recordSignal(
    _ layer: String, _ kind: SignalKind, outputGradient: Tensor<Scalar>,
    inputGradient: Tensor<Scalar>, output: Tensor<Scalar>? = nil
  ) {
    if let output { addOutput(output, of: layer) }
    let below = signals.last
    let signal = LayerSignal(
      layer: layer, type: nil, kind: kind, outputGradient: outputGradient,
      inputGradient: inputGradient,
      inputNorm: knownNorm(of: inputGradient, below?.outputGradient, below?.outputNorm))
    signals.append(signal)
    backwards.append {
      [.inputGradient(layer, inputGradient, nil), .outputGradient(layer, outputGradient, nil)]
    }
  }

  /// Records an update: the parameters of a model before and after it, and the gradients.
  ///
  /// - Parameters:
  ///   - before: The model before the update. If `nil`, only the model after it is recorded.
  ///   - after: The model after the update.
  ///   - gradients: The gradients of the loss, before clipping.
  ///   - prefix: What the names of the parameters begin with, to tell several models apart.
  /// - Precondition: All three have the same parameters.
  public mutating func recordUpdate<Model: Parameterized<Scalar>>(
    from before: Model?, to after: Model, along gradients: Model, prefix: String = ""
  ) {
    recordModels(from: before, to: after, along: gradients, prefix)
  }

  /// Records an update, and returns the prefix under which it is recorded.
  @discardableResult
  private mutating func recordModels<Model: Parameterized<Scalar>>(
    from before: Model?, to after: Model, along gradients: Model, _ prefix: String
  ) -> String {
    let first = parameters.count
    let prefix = record(
      (before ?? after).parameterList(named: true),
      gradients: gradients.parameterList(named: false).values,
      after: before == nil ? nil : after.parameterList(named: false).values, prefix)
    if before == nil {
      for index in parameters[first...].indices { parameters[index].isUpdated = true }
    }
    return prefix
  }

  /// Records an update, and tests whether the loss does what the gradient promises.
  ///
  /// The test (see `UpdateTest`) finds gradients that are wrong and steps that are too long. The
  /// function evaluates the loss of the same batch in the same mode: with the same dropout, that is
  /// the same seed, and with batch normalization in training mode.
  ///
  ///     let before = health.isDue(step) ? model : nil
  ///     optimizer.update(&model, along: gradients)
  ///     health.observe(step, loss: loss, classes: 10) {
  ///       $0.recordUpdate(from: before, to: model, along: gradients) {
  ///         softmaxCrossEntropy($0.forward(images, mode).output, labels).loss
  ///       }
  ///     }
  ///
  /// - Parameters:
  ///   - before: The model before the update. If `nil`, there is nothing to test.
  ///   - after: The model after the update.
  ///   - gradients: The gradients of the loss, before clipping.
  ///   - prefix: What the names of the parameters begin with, to tell several models apart.
  ///   - value: The loss of the step, if this model has another one than was recorded.
  ///   - loss: The loss of the batch of the step, as a function of the parameters.
  /// - Precondition: All three have the same parameters.
  /// - Complexity: Four evaluations of the loss, and two more for each parameter that is tested, at
  ///   most four at one step and each three times near the start of the training; if a gradient is
  ///   suspicious, four for each, at most eight at one step and each nine times.
  public mutating func recordUpdate<Model: Parameterized<Scalar>>(
    from before: Model?, to after: Model, along gradients: Model, prefix: String = "",
    at value: Scalar? = nil, loss: (Model) -> Scalar
  ) {
    let first = parameters.count
    let prefix = recordModels(from: before, to: after, along: gradients, prefix)
    guard let before else { return }
    let test = UpdateTest(
      from: before, to: after, along: gradients, parameters: Array(parameters[first...]),
      recorded: value.map(Double.init) ?? self.loss?.value,
      tested: updateTestRule?.testedParameters(of: prefix) ?? .none, prefix: prefix, loss: loss)
    if let test { updateTests.append(test) }
  }

  /// Records the parameters of a model with their gradients and, if the optimizer has run already,
  /// their values `after` the step.
  ///
  /// A model with a name that another one has taken is recorded under "model2.", "model3.", unless
  /// a prefix tells them apart.
  ///
  /// - Precondition: The gradients and the values after the step have the parameters of the model.
  public mutating func recordParameters<Model: Parameterized<Scalar>>(
    _ model: Model, gradients: Model? = nil, after: Model? = nil, prefix: String = ""
  ) {
    record(
      model.parameterList(named: true), gradients: gradients?.parameterList(named: false).values,
      after: after?.parameterList(named: false).values, prefix)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @discardableResult
  private mutating func record(
    _ list: ParameterList<Scalar>, gradients: [Tensor<Scalar>]?, after: [Tensor<Scalar>]?,
    _ prefix: String
  ) -> String {
    requireSameShapes(list.values, gradients, "recordParameters", names: { list.names })
    requireSameShapes(list.values, after, "recordParameters", names: { list.names })
    let isFirst = parameters.isEmpty
    let prefix =
      isFirst || !prefix.isEmpty
      ? prefix : distinctPrefix(of: list.names, taken: Set(parameters.map(\.name)))
    if !isFirst, !prefix.isEmpty { requireNew(list.names, prefix) }
    let recorded = ObservedParameter.all(
      list, prefix, gradients: gradients, after: after, known: clippedGradients)
    if parameters.isEmpty { parameters = recorded } else { parameters += recorded }
    return prefix
  }

  /// The first of "", "model2.", "model3." … behind which no name is taken.
  func distinctPrefix(of names: [String], taken: Set<String>) -> String {
    var (prefix, number) = ("", 1)
    while names.contains(where: { taken.contains(prefix + $0) }) {
      number += 1
      prefix = "model\(number)."
    }
    return prefix
  }

  private func requireNew(_ names: [String], _ prefix: String) {
    let taken = Set(parameters.map(\.name))
    if let name = names.first(where: { taken.contains(prefix + $0) }) {
      stop("recordParameters: \(prefix + name) is recorded twice; give each model its own prefix")
    }
  }

  /// Records the input of a network that is not recorded by `recordNetwork`.
  public mutating func recordInput(_ layer: String, _ input: Tensor<Scalar>) {
    inputs.append(ObservedInput(layer: layer, value: input))
    if !isJustAdded(input) { forwards.append(ShownTensor(layer, "the input", input)) }
  }

  /// Records the loss and, for a classifier, the number of classes.
  public mutating func recordLoss(_ value: Scalar, classes: Int? = nil) {
    loss = (Double(value), classes)
  }

  /// Records the loss of every entry, and its gradient with respect to the prediction of the entry.
  ///
  /// - Parameters:
  ///   - name: The name of the loss in the findings.
  ///   - values: The losses.
  ///   - gradient: Their gradients with respect to the predictions, one number or one row for each
  ///     loss: [..., C] for losses [...], as of softmax cross-entropy.
  ///   - minimum: The smallest loss that an entry can have.
  /// - Precondition: The gradient has the shape of the losses, or one axis more.
  public mutating func recordLoss(
    _ name: String, entries values: Tensor<Scalar>, gradient: Tensor<Scalar>,
    minimum: Double = 0
  ) {
    require(
      gradient.shape == values.shape
        || (gradient.rank == values.rank + 1
          && gradient.shape.dropLast().elementsEqual(values.shape)),
      "\(name): gradients of entries \(gradient.shape) instead of \(values.shape), or a row for each"
    )
    entries.append(
      LossEntries(name: name, values: values, gradient: gradient, minimum: minimum))
  }

  /// Records the gradients before and after clipping. Several models that are clipped by themselves
  /// count as one.
  public mutating func recordClipping<Model: Parameterized<Scalar>>(
    from before: Model, to after: Model
  ) {
    let gradients = before.parameterList(named: false).values
    let measured = ClippedStep.measure(
      gradients, after.parameterList(named: false).values, known: parameters,
      names: { before.namedParameters.map(\.name) })
    clipping = clipping.map { $0.combined(with: measured.step) } ?? measured.step
    clippedGradients = MeasuredTensors(tensors: gradients, norms: measured.norms)
  }

  /// Records the state of the optimizer after the step.
  public mutating func recordOptimizer(_ state: OptimizerState<Scalar>) { optimizerState = state }

  /// ‖inputGradient‖ if it has been measured, as the output gradient of the layer below.
  func knownNorm(
    of inputGradient: Tensor<Scalar>, _ outputBelow: Tensor<Scalar>?, _ norm: Double?
  ) -> Double? {
    if let outputBelow, outputBelow.isSame(as: inputGradient) { return norm }
    if let below = recurrences.last, below.trace.outputGradient.isSame(as: inputGradient) {
      return below.norms.output
    }
    return nil
  }

  /// Adds the units and, unless the tensor was just added for another gate, the tensors that hold
  /// them. They are covered if the output that they make is added as well.
  mutating func add(
    _ activation: Activation<Scalar>, of layer: String, _ type: LayerType? = nil,
    isCovered: Bool = false
  ) {
    activations.append(
      ObservedActivation(
        layer: layer, layerType: type, activation: activation, network: networks))
    if let input = activation.input, !isJustAdded(input) {
      forwards.append(ShownTensor(layer, "the input", input, type: type))
    }
    addOutput(activation.output, of: layer, type, isCovered: isCovered)
  }

  mutating func addOutput(
    _ output: Tensor<Scalar>, of layer: String, _ type: LayerType? = nil, isCovered: Bool = false
  ) {
    if isJustAdded(output) { return }
    forwards.append(ShownTensor(layer, "the output", output, isCovered: isCovered, type: type))
  }

  /// Whether `tensor` is one of the last two of the forward pass, the input and output of a layer.
  func isJustAdded(_ tensor: Tensor<Scalar>) -> Bool {
    let shown = forwards.span
    var index = shown.count
    while index > max(0, shown.count - 2) {
      index -= 1
      if shown[index].tensor.isSame(as: tensor) { return true }
    }
    return false
  }
}

extension StepObservation {
  /// A patience in training steps; none where steps are not followed, because then the observation
  /// is all that will be seen.
  func patience(_ steps: Int) -> Int { losses.count == 0 ? 0 : steps }
}
