internal import Backflow

/// Returns workloads for a training step of an LSTM with a readout at every time step (forward,
/// loss, backward, clipping, Adam), alone and with a health monitor.
func training(_ sizes: RecurrentSizes) -> [Workload] {
  let name = "train/lstm/\(sizes.name)"
  let (classes, samples) = (10, Double(sizes.time * sizes.batch))
  let flops =
    6 * samples * Double(sizes.hidden)
    * Double(4 * (sizes.input + sizes.hidden) + classes)
  return monitoredTraining(name, flops: flops, verifiedSteps: 9) {
    TrainingWork(sizes, classes: classes)
  }
}

private struct TrainingWork: WatchedTraining {
  let input: Tensor<Float>
  let labels: [Int]
  var lstm: LSTM<Float>
  var readout: Dense<Float>
  var optimizers: (lstm: Adam<Float>, readout: Adam<Float>)
  var steps = 0

  init(_ sizes: RecurrentSizes, classes: Int) {
    var random = RandomSource(seed: 1)
    lstm = LSTM(inputSize: sizes.input, hiddenSize: sizes.hidden, using: &random)
    readout = Dense(inputSize: sizes.hidden, outputSize: classes, using: &random)
    input = random.normal([sizes.time, sizes.batch, sizes.input])
    labels = (0..<sizes.time * sizes.batch).map { _ in Int(random.next() % UInt64(classes)) }
    optimizers = (Adam(for: lstm), Adam(for: readout))
  }

  /// Performs the step alone.
  mutating func step() -> Double {
    let (loss, lstmGradients, readoutGradients) = gradients()
    update(along: lstmGradients, readoutGradients)
    return Double(loss)
  }

  func tensors() -> [(name: String, value: Tensor<Float>)] {
    let (loss, lstmGradients, readoutGradients) = gradients()
    let labels = Tensor(labels.map { Float($0) }).reshaped(to: [input.shape[0], input.shape[1]])
    return [("input", input), ("labels", labels), ("loss", Tensor([loss]))]
      + lstm.namedParameters.map { ("parameter.lstm." + $0.name, $0.value) }
      + readout.namedParameters.map { ("parameter.readout." + $0.name, $0.value) }
      + lstmGradients.namedParameters.map { ("gradient.lstm." + $0.name, $0.value) }
      + readoutGradients.namedParameters.map { ("gradient.readout." + $0.name, $0.value) }
  }

  /// Returns the loss, and the gradients before clipping.
  private func gradients() -> (loss: Float, lstm: LSTM<Float>, readout: Dense<Float>) {
    let (states, cache) = lstm.forward(input)
    let (logits, readoutCache) = readout.forward(states)
    let (loss, logitsGradient) = softmaxCrossEntropy(logits, labels)
    let (statesGradient, readoutGradients) = readout.backward(logitsGradient, readoutCache)
    let (_, lstmGradients) = lstm.backward(statesGradient, cache)
    return (loss, lstmGradients, readoutGradients)
  }

  /// Performs the step, and passes its activations, signals, parameters, and loss to the monitor.
  mutating func step(watchedBy health: inout HealthMonitor<Float>, isTested: Bool) -> Double {
    guard health.isDue(steps) else { return step() }
    let (states, cache) = lstm.forward(input)
    let (logits, readoutCache) = readout.forward(states)
    let (loss, logitsGradient) = softmaxCrossEntropy(logits, labels)
    let (statesGradient, readoutGradients) = readout.backward(logitsGradient, readoutCache)
    let (_, _, lstmGradients, traces) = lstm.tracedBackward(statesGradient, cache)
    let before = (lstm: lstm, readout: readout)
    let now = steps
    update(along: lstmGradients, readoutGradients)
    health.observe(now) {
      $0.recordRecurrent("lstm", before.lstm, cache, traces: traces)
      $0.recordSignal(
        "readout", .weight, outputGradient: logitsGradient, inputGradient: statesGradient,
        output: logits)
      $0.recordLoss(loss, classes: logits.shape[2])
      if isTested {
        $0.recordUpdate(from: before.lstm, to: lstm, along: lstmGradients, prefix: "lstm.") {
          softmaxCrossEntropy(before.readout($0(input)), labels).loss
        }
        $0.recordUpdate(
          from: before.readout, to: readout, along: readoutGradients, prefix: "readout."
        ) {
          softmaxCrossEntropy($0(states), labels).loss
        }
      } else {
        $0.recordUpdate(from: before.lstm, to: lstm, along: lstmGradients, prefix: "lstm.")
        $0.recordUpdate(
          from: before.readout, to: readout, along: readoutGradients, prefix: "readout.")
      }
    }
    return Double(loss)
  }

  private mutating func update(
    along lstmGradients: LSTM<Float>, _ readoutGradients: Dense<Float>
  ) {
    var lstmGradients = lstmGradients
    // An error means a non-finite gradient, which `verify` has excluded.
    _ = try? clipGradientNorm(&lstmGradients, to: 1)
    optimizers.lstm.update(&lstm, along: lstmGradients)
    optimizers.readout.update(&readout, along: readoutGradients)
    steps += 1
  }
}
