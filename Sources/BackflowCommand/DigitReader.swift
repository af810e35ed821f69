internal import Backflow

/// Reads an image from top to bottom, one row of pixels a time step, and tells the digit from the
/// last state.
struct DigitReader<Scalar: RealScalar>: Parameterized {
  var rnn: RNN<Scalar>
  var readout: Dense<Scalar>

  mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    rnn.visitParameters(under: "rnn", visit)
    readout.visitParameters(under: "readout", visit)
  }
}

extension DigitReader {
  init(hiddenSize: Int, using random: inout RandomSource) {
    rnn = RNN(inputSize: 8, hiddenSize: hiddenSize, using: &random)
    readout = Dense(inputSize: hiddenSize, outputSize: Digits.classCount, using: &random)
  }

  /// A reader of which only the recurrent weight [hidden, hidden] is known; the rest is zero, to be
  /// read from files.
  init(zerosBeside recurrentWeight: Tensor<Scalar>) {
    let hidden = recurrentWeight.shape[0]
    let cell = VanillaCell(
      inputWeight: .zeros([hidden, 8]), recurrentWeight: recurrentWeight,
      inputBias: .zeros([hidden]), recurrentBias: .zeros([hidden]))
    rnn = RNN(cells: [[cell]])
    readout = Dense(
      weight: .zeros([Digits.classCount, hidden]), bias: .zeros([Digits.classCount]))
  }

  /// Logits [batch, classes] from images as sequences [8 rows, batch, 8 columns].
  func callAsFunction(_ images: Tensor<Scalar>) -> Tensor<Scalar> {
    readout(rnn(images).select(images.shape[0] - 1))
  }

  /// The loss, the share of correct answers, and the gradients of all parameters.
  func gradients(
    _ images: Tensor<Scalar>, _ labels: [Int]
  ) -> (loss: Scalar, accuracy: Double, gradients: DigitReader) {
    let (states, rnnCache) = rnn.forward(images)
    let last = states.shape[0] - 1
    let (logits, readoutCache) = readout.forward(states.select(last))
    let (loss, logitsGradient) = softmaxCrossEntropy(logits, labels)

    let (lastStateGradient, readoutGradients) = readout.backward(logitsGradient, readoutCache)
    // Only the last state is read; the others get their gradient through time alone.
    var statesGradient = Tensor<Scalar>.zeros(states.shape)
    statesGradient[last..<last + 1] = Tensor.stack([lastStateGradient])
    let (_, rnnGradients) = rnn.backward(statesGradient, rnnCache)
    return (
      loss, accuracy(logits, labels), DigitReader(rnn: rnnGradients, readout: readoutGradients)
    )
  }
}
