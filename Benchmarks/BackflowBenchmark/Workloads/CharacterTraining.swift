internal import Backflow

/// Returns a workload for a training step of a language model of characters: embedding, LSTM and a
/// readout at every time step, with softmax cross-entropy, clipping by norm, and Adam.
func characterTraining(batch: Int, time: Int) -> Workload {
  let name = "train/charlm/b\(batch)/t\(time)"
  let sizes = CharacterModelSizes(characters: 65, embedding: 64, hidden: 128)
  let weights =
    4 * sizes.hidden * (sizes.embedding + sizes.hidden) + sizes.hidden * sizes.characters
  let flops = 6 * Double(batch * time * weights)
  return Workload(name: name, pass: .training, scalar: "float32", flops: flops) {
    var work = CharacterTraining<Float>(sizes, batch: batch, time: time)
    try requireAgreement(
      name, work.results(), CharacterTraining<Double>(sizes, batch: batch, time: time).results())
    let tensors = work.tensors
    let first = work.step()
    for _ in 0..<9 { _ = work.step() }
    let last = work.step()
    guard last < first else {
      throw WrongResult(
        workload: name, what: "the loss after 10 steps", relativeError: last / first - 1)
    }
    return .init(run: { work.step() }, tensors: tensors)
  }
}

private struct CharacterModelSizes {
  let characters, embedding, hidden: Int
}

private struct CharacterModel<Scalar: RealScalar>: Parameterized {
  var embedding: Embedding<Scalar>
  var lstm: LSTM<Scalar>
  var readout: Dense<Scalar>

  mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    embedding.visitParameters(under: "embedding", visit)
    lstm.visitParameters(under: "lstm", visit)
    readout.visitParameters(under: "readout", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Scalar>) {
    embedding.visitBuffers(under: "embedding", visit)
    lstm.visitBuffers(under: "lstm", visit)
    readout.visitBuffers(under: "readout", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    embedding.visitCounters(under: "embedding", visit)
    lstm.visitCounters(under: "lstm", visit)
    readout.visitCounters(under: "readout", visit)
  }
}

private struct CharacterTraining<Scalar: RealScalar> {
  /// The characters of every sample, and those that follow them, [T, B].
  let characters, targets: [Int]
  let shape: Shape
  var model: CharacterModel<Scalar>
  var optimizer: Adam<Scalar>

  init(_ sizes: CharacterModelSizes, batch: Int, time: Int) {
    var random = RandomSource(seed: 1)
    model = CharacterModel(
      embedding: Embedding(count: sizes.characters, size: sizes.embedding, using: &random),
      lstm: LSTM(inputSize: sizes.embedding, hiddenSize: sizes.hidden, using: &random),
      readout: Dense(inputSize: sizes.hidden, outputSize: sizes.characters, using: &random))
    optimizer = Adam(for: model)
    let text = (0..<(time + 1) * batch).map { _ in random.integer(below: sizes.characters) }
    (characters, targets) = (Array(text.dropLast(batch)), Array(text.dropFirst(batch)))
    shape = [time, batch]
  }

  /// Returns the loss and the gradients.
  func gradients() -> (loss: Scalar, gradients: CharacterModel<Scalar>) {
    let (vectors, embeddingCache) = model.embedding.forward(characters, shape: shape)
    let (states, lstmCache) = model.lstm.forward(vectors)
    let (logits, readoutCache) = model.readout.forward(states)
    let (loss, logitsGradient) = softmaxCrossEntropy(logits, targets)
    let (statesGradient, readout) = model.readout.backward(logitsGradient, readoutCache)
    let (vectorsGradient, lstm) = model.lstm.backward(statesGradient, lstmCache)
    let embedding = model.embedding.backward(vectorsGradient, embeddingCache).gradients
    return (loss, CharacterModel(embedding: embedding, lstm: lstm, readout: readout))
  }

  /// Performs a training step and returns the loss before it.
  mutating func step() -> Double {
    var (loss, gradients) = gradients()
    // An error means a non-finite gradient, with which the loss would not fall.
    _ = try? clipGradientNorm(&gradients, to: 1)
    optimizer.update(&model, along: gradients)
    return Double(loss)
  }

  /// The loss and the gradients before clipping.
  func results() -> [(name: String, value: Tensor<Scalar>)] {
    let (loss, gradients) = gradients()
    return [("loss", Tensor([loss]))]
      + gradients.namedParameters.map { ("gradient." + $0.name, $0.value) }
  }
}

extension CharacterTraining where Scalar == Float {
  func tensors() -> [(name: String, value: Tensor<Float>)] {
    func exported(_ indices: [Int]) -> Tensor<Float> {
      Tensor(indices.map { Float($0) }).reshaped(to: shape)
    }
    return model.namedParameters.map { ("parameter." + $0.name, $0.value) }
      + [("input", exported(characters)), ("labels", exported(targets))] + results()
  }
}
