internal import Backflow

/// A recurrent network that reads an image a few pixels at a time and classifies it from the last
/// state. Gradients can explode at every step.
///
/// Shapes: images as sequences [64/I steps, B, I], logits [B, classes].
struct PixelReader<Cell: RecurrentCell<Float>>: Parameterized {
  var recurrence: Recurrent<Cell>
  var readout: Dense<Float>

  init(_ recurrence: Recurrent<Cell>, using random: inout RandomSource) {
    self.init(
      recurrence,
      Dense(inputSize: recurrence.hiddenSize, outputSize: Digits.classCount, using: &random))
  }

  private init(_ recurrence: Recurrent<Cell>, _ readout: Dense<Float>) {
    (self.recurrence, self.readout) = (recurrence, readout)
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    recurrence.visitParameters(under: "recurrence", visit)
    readout.visitParameters(under: "readout", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    recurrence.visitBuffers(under: "recurrence", visit)
    readout.visitBuffers(under: "readout", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    recurrence.visitCounters(under: "recurrence", visit)
    readout.visitCounters(under: "readout", visit)
  }

  /// Computes the logits in evaluation mode.
  func callAsFunction(_ images: Digits) -> Tensor<Float> {
    readout(LastStep()(recurrence(images.sequence(ofPixels: recurrence.inputSize))))
  }

  /// Computes the loss and its gradients.
  func gradients(_ images: Digits) -> (loss: Double, gradients: PixelReader) {
    let (states, recurrenceCache) = recurrence.forward(
      images.sequence(ofPixels: recurrence.inputSize))
    let (lastState, lastStepCache) = LastStep().forward(states)
    let (logits, readoutCache) = readout.forward(lastState)
    let (loss, logitsGradient) = softmaxCrossEntropy(logits, images.labels)

    let (lastGradient, readoutGradients) = readout.backward(logitsGradient, readoutCache)
    let (_, recurrenceGradients) = recurrence.backward(
      LastStep().inputGradient(lastGradient, lastStepCache), recurrenceCache)
    return (Double(loss), PixelReader(recurrenceGradients, readoutGradients))
  }
}

extension Digits {
  /// Returns the images as sequences of a few pixels, row by row: [64/pixels steps, N, pixels].
  func sequence(ofPixels pixels: Int) -> Tensor<Float> {
    rows.reshaped(to: [labels.count, 64 / pixels, pixels]).permuted([1, 0, 2])
  }
}
