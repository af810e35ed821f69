internal import Backflow

/// The axes of a recurrent workload.
struct RecurrentSizes {
  let batch, time, input, hidden: Int
}

/// Returns workloads for a recurrent network of one layer over a sequence: forward, and backward
/// with all gradients.
///
/// `single` and `double` are the same network in the two precisions.
func recurrent<Single: RecurrentCell<Float>, Reference: RecurrentCell<Double>>(
  _ kind: String, gates: Int, _ sizes: RecurrentSizes,
  _ single: @escaping (inout RandomSource) -> Recurrent<Single>,
  _ double: @escaping (inout RandomSource) -> Recurrent<Reference>
) -> [Workload] {
  let name = "\(kind)/b\(sizes.batch)/t\(sizes.time)/i\(sizes.input)/h\(sizes.hidden)"
  let flops =
    2 * Double(sizes.time * sizes.batch) * Double(gates * sizes.hidden)
    * Double(sizes.input + sizes.hidden)
  func prepare() throws -> RecurrentWork<Single> {
    let work = RecurrentWork(sizes, single)
    try work.check(name, against: RecurrentWork(sizes, double))
    return work
  }
  return [
    Workload(name: name, pass: .forward, scalar: "float32", flops: flops) {
      let work = try prepare()
      return .init(run: { work.forward().output.elementAtEnd }, tensors: work.tensors)
    },
    Workload(name: name, pass: .forwardBackward, scalar: "float32", flops: 3 * flops) {
      let work = try prepare()
      return .init(
        run: { work.gradients().reduce(0) { $0 + $1.value.elementAtEnd } }, tensors: work.tensors)
    },
  ]
}

private struct RecurrentWork<Cell: RecurrentCell> {
  let network: Recurrent<Cell>
  let input, outputGradient: Tensor<Cell.Scalar>
  let states: [Cell.State]

  init(_ sizes: RecurrentSizes, _ make: (inout RandomSource) -> Recurrent<Cell>) {
    var random = RandomSource(seed: 1)
    network = make(&random)
    input = random.normal([sizes.time, sizes.batch, sizes.input])
    outputGradient = random.normal([sizes.time, sizes.batch, sizes.hidden])
    states = network.zeroState(batch: sizes.batch).map { state in
      Cell.State(tensors: state.tensors.map { random.normal($0.shape, standardDeviation: 0.5) })
    }
  }

  func forward() -> (output: Tensor<Cell.Scalar>, cache: Recurrent<Cell>.Cache) {
    let (output, _, cache) = network.forward(input, initialState: states)
    return (output, cache)
  }

  /// Returns the gradients with respect to the input, the states, and the parameters.
  func gradients() -> [(name: String, value: Tensor<Cell.Scalar>)] {
    let (byInput, byState, byParameters) = network.backward(
      outputGradient, finalStateGradient: nil, forward().cache)
    return [("input", byInput)]
      + byState.flatMap(\.tensors).enumerated().map { ("state\($0.offset)", $0.element) }
      + byParameters.namedParameters
  }
}

extension RecurrentWork where Cell.Scalar == Float {
  func tensors() -> [(name: String, value: Tensor<Float>)] {
    let states = states[0].tensors.enumerated().map { ("state\($0.offset)", $0.element) }
    return network.namedParameters.map { ("parameter." + $0.name, $0.value) }
      + [("input", input), ("output_gradient", outputGradient)] + states
      + [("output", forward().output)] + gradients().map { ("gradient." + $0.name, $0.value) }
  }

  func check<Other: RecurrentCell<Double>>(
    _ name: String, against reference: RecurrentWork<Other>
  ) throws {
    try requireAgreement(name, "the output", forward().output, reference.forward().output)
    for (one, two) in zip(gradients(), reference.gradients()) {
      try requireAgreement(name, "the gradient of \(one.name)", one.value, two.value)
    }
  }
}
