import Backflow

/// Trainings on the digits that are watched at every step: those that are healthy, and the networks
/// in which a failure is planted.
struct WatchedTraining {
  var monitor = HealthMonitor<Float>()
  var figures = ObservedFigures()
  var accuracy = 0.0

  mutating func judge(_ observation: StepObservation<Float>) {
    monitor.judge(observation)
    // Measuring for the table what the rules have measured already is worth a part of the time
    // only.
    if observation.step < 20 || observation.step % 5 == 0 {
      figures.add(observation, monitor.thresholds)
    }
  }
}

/// The digits, loaded once.
enum DigitData {
  static let split = {
    guard let digits = try? Digits.load() else { fatalError("the digits are missing") }
    return digits.split
  }()
  static var training: Digits { split.training }
  static var heldOut: Digits { split.heldOut }

  /// The training images of every step, in a new random order for each epoch.
  static func batches(epochs: Int, of size: Int = 32, using random: inout RandomSource) -> [[Int]] {
    (0..<epochs).flatMap { _ in
      let order = random.permutation(training.labels.count)
      return stride(from: 0, to: order.count, by: size).map {
        Array(order[$0..<min($0 + size, order.count)])
      }
    }
  }
}

/// Reads an image row by row, as the command's reader does.
struct WatchedReader<Cell: RecurrentCell<Float>>: Parameterized {
  var recurrence: Recurrent<Cell>
  var readout: Dense<Float>

  init(_ recurrence: Recurrent<Cell>, using random: inout RandomSource) {
    self.recurrence = recurrence
    readout = Dense(
      inputSize: recurrence.hiddenSize, outputSize: Digits.classCount, using: &random)
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    recurrence.visitParameters(under: "rnn", visit)
    readout.visitParameters(under: "readout", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    recurrence.visitBuffers(under: "rnn", visit)
    readout.visitBuffers(under: "readout", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    recurrence.visitCounters(under: "rnn", visit)
    readout.visitCounters(under: "readout", visit)
  }

  /// Trains with Adam and clipping to 1, and watches every step.
  mutating func train(
    _ schedule: any Schedule, epochs: Int, using random: inout RandomSource,
    show: (
      inout StepObservation<Float>, Recurrent<Cell>, Recurrent<Cell>.Cache,
      [BackwardTrace<Float>]
    ) -> Void
  ) throws -> WatchedTraining {
    var training = WatchedTraining()
    var optimizer = Adam(for: self)
    for (step, batch) in DigitData.batches(epochs: epochs, using: &random).enumerated() {
      let digits = DigitData.training.samples(at: batch)
      let (states, cache) = recurrence.forward(digits.rowsAsSequence)
      let (lastState, lastStepCache) = LastStep().forward(states)
      let (logits, readoutCache) = readout.forward(lastState)
      let (loss, top) = softmaxCrossEntropy(logits, digits.labels)
      let (lastGradient, readoutGradients) = readout.backward(top, readoutCache)
      let (_, _, gradients, traces) = recurrence.tracedBackward(
        LastStep().inputGradient(lastGradient, lastStepCache), cache)

      var all = self
      (all.recurrence, all.readout) = (gradients, readoutGradients)
      var clipped = all
      try clipGradientNorm(&clipped, to: 1)
      let before = self
      optimizer.learningRate = schedule.learningRate(at: step)
      optimizer.update(&self, along: clipped)

      var observation = StepObservation<Float>(step: step)
      show(&observation, before.recurrence, cache, traces)
      observation.recordSignal("readout", .weight, outputGradient: top, inputGradient: lastGradient)
      observation.recordParameters(before, gradients: all, after: self)
      observation.recordOptimizer(optimizer.state)
      observation.recordLoss(loss, classes: Digits.classCount)
      observation.recordClipping(from: all, to: clipped)
      training.judge(observation)
    }
    training.accuracy = accuracy(
      readout(LastStep()(recurrence(DigitData.heldOut.rowsAsSequence))), DigitData.heldOut.labels)
    return training
  }
}

extension Sequential<Float> {
  /// A network of dense layers, each but the last with a nonlinearity behind it.
  init(
    _ sizes: [Int], _ nonlinearity: any Layer<Float>, weights: Initializer,
    using random: inout RandomSource
  ) {
    var layers: [any Layer<Float>] = []
    for (size, next) in zip(sizes, sizes.dropFirst()) {
      if !layers.isEmpty { layers.append(nonlinearity) }
      layers.append(Dense(inputSize: size, outputSize: next, weights: weights, using: &random))
    }
    self.init(layers)
  }

  /// The dense layer with this number among the dense ones.
  subscript(dense index: Int) -> Dense<Float> {
    get {
      guard let layer = layers[2 * index] as? Dense<Float> else { fatalError("no dense layer") }
      return layer
    }
    set { layers[2 * index] = newValue }
  }

  /// Trains on flat images and watches every step. `spoil` may change the gradients before they are
  /// used, `undo` the network after the step.
  mutating func train(
    learningRate: Double = 1e-3, epochs: Int, steps: Int = .max, clip: Double = 1,
    using random: inout RandomSource,
    spoil: (Int, inout Sequential) -> Void = { _, _ in },
    undo: (_ before: Sequential, inout Sequential) -> Void = { _, _ in }
  ) throws -> WatchedTraining {
    var training = WatchedTraining()
    var optimizer = Adam(for: self, learningRate: learningRate)
    for (step, batch) in DigitData.batches(epochs: epochs, using: &random).prefix(steps)
      .enumerated()
    {
      let digits = DigitData.training.samples(at: batch)
      let (logits, cache) = forward(digits.flatImages)
      let (loss, top) = softmaxCrossEntropy(logits, digits.labels)
      var (_, gradients, trace) = tracedBackward(top, cache)
      spoil(step, &gradients)
      var clipped = gradients
      if gradients.namedParameters.allSatisfy({ $0.value.isFinite }) {
        try clipGradientNorm(&clipped, to: clip)
      }
      let before = self
      optimizer.update(&self, along: clipped)
      undo(before, &self)

      var observation = StepObservation<Float>(step: step)
      observation.recordNetwork(trace)
      observation.recordParameters(before, gradients: gradients, after: self)
      observation.recordOptimizer(optimizer.state)
      observation.recordLoss(loss, classes: Digits.classCount)
      observation.recordClipping(from: gradients, to: clipped)
      training.judge(observation)
    }
    takeCensus(&training)
    training.accuracy = accuracy(
      forward(DigitData.heldOut.flatImages).output, DigitData.heldOut.labels)
    return training
  }

  /// Counts the dead units of every ReLU over the whole training set.
  private func takeCensus(_ training: inout WatchedTraining) {
    var a = DigitData.training.flatImages
    for (k, layer) in layers.enumerated() {
      if layer is ReLU<Float> {
        var census = DeadUnitCensus<Float>(
          layer: "\(k) ReLU", below: k == 1 ? .data : .learningLayers)
        census.count(preactivations: a)
        training.figures.add("dead share", census.report.deadShare)
        training.monitor.add(census.report.findings(step: 0, training.monitor.thresholds))
      }
      a = layer.forward(a, .evaluation).output
    }
  }
}

extension Digits {
  /// The images as rows, [samples, 64].
  fileprivate var flatImages: Tensor<Float> { images.reshaped(to: [labels.count, 64]) }
}
