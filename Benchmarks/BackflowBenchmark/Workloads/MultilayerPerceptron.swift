internal import Backflow

/// Returns workloads for a network with two hidden layers with ReLU and ten outputs: forward, and
/// backward with all gradients.
func multilayerPerceptron(
  batch: Int, input: Int, hidden: Int, isDouble: Bool = false
) -> [Workload] {
  let weights = input * hidden + hidden * hidden + hidden * 10
  return passes(
    "mlp/b\(batch)/i\(input)/h\(hidden)" + (isDouble ? "/f64" : ""),
    flops: 2 * Double(batch) * Double(weights), input: [batch, input], isDouble: isDouble,
    { MLP<Float>(input: input, hidden: hidden, using: &$0) },
    { MLP<Double>(input: input, hidden: hidden, using: &$0) })
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

  func prepared() -> PreparedSequential<Scalar> {
    Sequential<Scalar> {
      first
      ReLU()
      second
      ReLU()
      third
    }.prepared()
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
}
