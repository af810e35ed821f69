internal import Backflow

/// Returns workloads for a network with two hidden layers with ReLU and ten outputs: forward, and
/// backward with all gradients.
func multilayerPerceptron(batch: Int, input: Int, hidden: Int) -> [Workload] {
  let name = "mlp/b\(batch)/i\(input)/h\(hidden)"
  let weights = input * hidden + hidden * hidden + hidden * 10
  let flops = 2 * Double(batch) * Double(weights)
  let work = { MLPWork(batch: batch, input: input, hidden: hidden) }
  return [
    Workload(name: name, pass: .forward, scalar: "float32", flops: flops) {
      let work = work()
      try work.verify(name)
      return .init(
        run: { work.single.forward(work.input).output.elementAtEnd }, tensors: work.tensors)
    },
    Workload(name: name, pass: .forwardBackward, scalar: "float32", flops: 3 * flops) {
      let work = work()
      try work.verify(name)
      return .init(
        run: {
          let cache = work.single.forward(work.input).cache
          let (inputGradient, gradients) = work.single.backward(work.outputGradient, cache)
          return inputGradient.elementAtEnd + gradients.first.weight.elementAtEnd
        }, tensors: work.tensors)
    },
  ]
}

private struct MLPWork {
  let single: MLP<Float>
  let double: MLP<Double>
  let input: Tensor<Float>
  let outputGradient: Tensor<Float>

  init(batch: Int, input: Int, hidden: Int) {
    var random = RandomSource(seed: 1)
    double = MLP(input: input, hidden: hidden, using: &random)
    single = MLP(double)
    self.input = random.normal([batch, input])
    outputGradient = random.normal([batch, 10])
  }

  func tensors() -> [(name: String, value: Tensor<Float>)] {
    let (output, cache) = single.forward(input)
    let (inputGradient, gradients) = single.backward(outputGradient, cache)
    return single.namedParameters.map { ("parameter." + $0.name, $0.value) }
      + [("input", input), ("output_gradient", outputGradient), ("output", output)]
      + [("gradient.input", inputGradient)]
      + gradients.namedParameters.map { ("gradient." + $0.name, $0.value) }
  }

  func verify(_ name: String) throws {
    let (output, cache) = single.forward(input)
    let (inputGradient, gradients) = single.backward(outputGradient, cache)
    let (expected, expectedCache) = double.forward(Tensor(input))
    let (expectedInput, expectedGradients) = double.backward(
      Tensor(outputGradient), expectedCache)
    try requireAgreement(name, "the output", output, expected)
    try requireAgreement(name, "the gradient of the input", inputGradient, expectedInput)
    for (one, two) in zip(gradients.namedParameters, expectedGradients.namedParameters) {
      try requireAgreement(name, "the gradient of \(one.name)", one.value, two.value)
    }
  }
}

/// The network x → Dense → ReLU → Dense → ReLU → Dense.
private struct MLP<Scalar: RealScalar>: Layer {
  var first, second, third: Dense<Scalar>

  struct Cache {
    let first, second, third: Dense<Scalar>.Cache
    let firstActive, secondActive: Tensor<Scalar>
  }

  func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache) {
    let (a, firstCache) = first.forward(input)
    let (x, firstActive) = ReLU().forward(a)
    let (b, secondCache) = second.forward(x)
    let (y, secondActive) = ReLU().forward(b)
    let (output, thirdCache) = third.forward(y)
    return (
      output,
      Cache(
        first: firstCache, second: secondCache, third: thirdCache, firstActive: firstActive,
        secondActive: secondActive)
    )
  }

  func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: MLP) {
    let (y, thirdGradients) = third.backward(outputGradient, cache.third)
    let b = ReLU().inputGradient(y, cache.secondActive)
    let (x, secondGradients) = second.backward(b, cache.second)
    let a = ReLU().inputGradient(x, cache.firstActive)
    let (input, firstGradients) = first.backward(a, cache.first)
    return (input, MLP(first: firstGradients, second: secondGradients, third: thirdGradients))
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    first.visitParameters(under: "first", visit)
    second.visitParameters(under: "second", visit)
    third.visitParameters(under: "third", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Scalar>) {
    first.visitBuffers(under: "first", visit)
    second.visitBuffers(under: "second", visit)
    third.visitBuffers(under: "third", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    first.visitCounters(under: "first", visit)
    second.visitCounters(under: "second", visit)
    third.visitCounters(under: "third", visit)
  }
}

extension MLP {
  init(input: Int, hidden: Int, using random: inout RandomSource) {
    first = Dense(inputSize: input, outputSize: hidden, weights: .heNormal(), using: &random)
    second = Dense(inputSize: hidden, outputSize: hidden, weights: .heNormal(), using: &random)
    third = Dense(inputSize: hidden, outputSize: 10, using: &random)
  }

  init<Other: RealScalar>(_ other: MLP<Other>) {
    first = Dense(other.first)
    second = Dense(other.second)
    third = Dense(other.third)
  }
}
