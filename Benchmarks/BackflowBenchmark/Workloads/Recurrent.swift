internal import Backflow

/// A vanilla recurrent layer over a sequence, forward, and backward with every gradient.
func recurrent(batch: Int, time: Int, input: Int, hidden: Int) -> [Workload] {
  let name = "rnn/b\(batch)/t\(time)/i\(input)/h\(hidden)"
  let flops = 2 * Double(time) * Double(batch) * Double(hidden) * Double(input + hidden)
  let work = { RNNWork(batch: batch, time: time, input: input, hidden: hidden) }
  return [
    Workload(name: name, pass: .forward, scalar: "float32", flops: flops) {
      let work = work()
      try work.verify(name)
      return .init {
        work.layer.forward(work.input, initialState: work.state).output.elementAtEnd
      }
    },
    Workload(name: name, pass: .forwardBackward, scalar: "float32", flops: 3 * flops) {
      let work = work()
      try work.verify(name)
      return .init {
        let cache = work.layer.forward(work.input, initialState: work.state).cache
        let (input, state, gradients) = work.layer.backward(work.outputGradient, cache)
        return input.elementAtEnd + state.elementAtEnd + gradients.recurrentWeight.elementAtEnd
      }
    },
  ]
}

private struct RNNWork {
  let layer: RNN<Float>
  let input, state, outputGradient: Tensor<Float>

  init(batch: Int, time: Int, input: Int, hidden: Int) {
    var random = RandomSource(seed: 1)
    layer = RNN(inputSize: input, hiddenSize: hidden, using: &random)
    self.input = random.normal([time, batch, input])
    state = random.normal([batch, hidden], standardDeviation: 0.5)
    outputGradient = random.normal([time, batch, hidden])
  }

  func verify(_ name: String) throws {
    let reference = RNN<Double>(
      inputWeight: Tensor(layer.inputWeight), recurrentWeight: Tensor(layer.recurrentWeight),
      inputBias: Tensor(layer.inputBias), recurrentBias: Tensor(layer.recurrentBias))
    let (output, cache) = layer.forward(input, initialState: state)
    let (expected, expectedCache) = reference.forward(Tensor(input), initialState: Tensor(state))
    try requireAgreement(name, "the output", output, expected)

    let (inputGradient, stateGradient, gradients) = layer.backward(outputGradient, cache)
    let (expectedInput, expectedState, expectedGradients) = reference.backward(
      Tensor(outputGradient), expectedCache)
    try requireAgreement(name, "the input's gradient", inputGradient, expectedInput)
    try requireAgreement(name, "the state's gradient", stateGradient, expectedState)
    for (one, two) in zip(gradients.namedParameters, expectedGradients.namedParameters) {
      try requireAgreement(name, "the gradient of \(one.name)", one.value, two.value)
    }
  }
}
