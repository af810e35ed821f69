internal import Backflow

/// A recurrent network that reads an image from top to bottom, one row of pixels in each time step,
/// and classifies it from the last state.
///
/// Shapes: images as sequences [8 rows, B, 8 columns], logits [B, classes].
struct DigitReader<Cell: RecurrentCell<Float>>: Parameterized {
  var recurrence: Recurrent<Cell>
  var readout: Dense<Float>
  /// The prefix of the names of the recurrent parameters.
  let name: String

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    recurrence.visitParameters(under: name, visit)
    readout.visitParameters(under: "readout", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    recurrence.visitBuffers(under: name, visit)
    readout.visitBuffers(under: "readout", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    recurrence.visitCounters(under: name, visit)
    readout.visitCounters(under: "readout", visit)
  }
}

extension DigitReader {
  /// Creates a network from its recurrent part and a randomly initialized readout.
  init(_ recurrence: Recurrent<Cell>, named name: String, using random: inout RandomSource) {
    self.recurrence = recurrence
    self.name = name
    readout = Dense(
      inputSize: recurrence.hiddenSize, outputSize: Digits.classCount, using: &random)
  }
}

extension DigitReader: Layer {
  struct Cache: Sendable {
    let recurrence: Recurrent<Cell>.Cache
    let lastStep: LastStep<Float>.Cache
    let readout: Dense<Float>.Cache
  }

  func forward(_ images: Tensor<Float>) -> (output: Tensor<Float>, cache: Cache) {
    let (states, recurrenceCache) = recurrence.forward(images)
    let (lastState, lastStepCache) = LastStep().forward(states)
    let (logits, readoutCache) = readout.forward(lastState)
    let cache = Cache(
      recurrence: recurrenceCache, lastStep: lastStepCache, readout: readoutCache)
    return (logits, cache)
  }

  func backward(
    _ logitsGradient: Tensor<Float>, _ cache: Cache, _ tracer: inout BackwardTracer<Float>
  ) -> (inputGradient: Tensor<Float>, gradients: DigitReader) {
    let (lastStateGradient, readoutGradients) = tracer.backward(
      readout, "readout", logitsGradient, cache.readout)
    let statesGradient = LastStep().inputGradient(lastStateGradient, cache.lastStep)
    let (imagesGradient, recurrenceGradients) = tracer.backward(
      recurrence, name, statesGradient, cache.recurrence)
    let gradients = DigitReader(
      recurrence: recurrenceGradients, readout: readoutGradients, name: name)
    return (imagesGradient, gradients)
  }

  func backward(
    _ logitsGradient: Tensor<Float>, _ cache: Cache
  ) -> (inputGradient: Tensor<Float>, gradients: DigitReader) {
    var tracer = BackwardTracer<Float>.off
    return backward(logitsGradient, cache, &tracer)
  }
}
