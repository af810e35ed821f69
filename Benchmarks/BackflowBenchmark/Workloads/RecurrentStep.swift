internal import Backflow

/// Returns a workload for one step of a stream of one sample.
///
/// `single` and `double` are the same network in the two precisions.
func step<Single: RecurrentCell<Float>, Reference: RecurrentCell<Double>>(
  _ kind: String, gates: Int, input: Int, hidden: Int,
  _ single: @escaping (inout RandomSource) -> Recurrent<Single>,
  _ double: @escaping (inout RandomSource) -> Recurrent<Reference>
) -> Workload {
  let name = "step/\(kind)/h\(hidden)"
  let flops = 2 * Double(gates * hidden) * Double(input + hidden)
  return Workload(name: name, pass: .forward, scalar: "float32", flops: flops) {
    var random = RandomSource(seed: 1)
    let network = single(&random)
    let sequence: Tensor<Float> = random.normal([64, 1, input])
    random = RandomSource(seed: 1)
    let expected = double(&random).forward(Tensor(sequence)).output.windows(ofSteps: 1)
    let steps = sequence.windows(ofSteps: 1).map { $0.reshaped(to: [1, input]) }
    var stream = network.stream(batch: 1)
    for (t, step) in steps.enumerated() {
      try requireAgreement(
        name, "the output of step \(t)", stream.step(step), expected[t].reshaped(to: [1, hidden]))
    }
    var t = 0
    return .init(
      run: {
        t = (t + 1) % steps.count
        return stream.step(steps[t]).elementAtEnd
      },
      tensors: {
        network.namedParameters.map { ("parameter." + $0.name, $0.value) }
          + [("input", sequence), ("output", network.forward(sequence).output)]
      })
  }
}
