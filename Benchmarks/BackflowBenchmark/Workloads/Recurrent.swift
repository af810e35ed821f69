internal import Backflow

/// The axes of a recurrent workload.
struct RecurrentSizes {
  let batch, time, input, hidden: Int

  var name: String { "b\(batch)/t\(time)/i\(input)/h\(hidden)" }
}

/// Returns workloads for a recurrent network of one layer over a sequence: forward, and backward
/// with all gradients.
///
/// - Parameters:
///   - kind: The first part of the name.
///   - gates: The gates of all cells together.
///   - sizes: The axes.
///   - isRagged: Whether the samples have lengths between 1 and T, instead of T steps each.
///   - isDouble: Whether the network in double precision is timed.
///   - single: A closure that makes the network.
///   - double: A closure that makes the same network in double precision.
func recurrent<Single: RecurrentCell<Float>, Reference: RecurrentCell<Double>>(
  _ kind: String, gates: Int, _ sizes: RecurrentSizes, isRagged: Bool = false,
  isDouble: Bool = false, _ single: @escaping (inout RandomSource) -> Recurrent<Single>,
  _ double: @escaping (inout RandomSource) -> Recurrent<Reference>
) -> [Workload] {
  let name = "\(kind)/\(sizes.name)" + (isDouble ? "/f64" : "")
  func prepare() throws -> (single: RecurrentWork<Single>, double: RecurrentWork<Reference>) {
    let works = (
      single: RecurrentWork(sizes, isRagged: isRagged, single),
      double: RecurrentWork(sizes, isRagged: isRagged, double)
    )
    try requireAgreement(name, works.single.results(), works.double.results())
    return works
  }
  let steps = isRagged ? raggedLengths(sizes).reduce(0, +) : sizes.time * sizes.batch
  let flops =
    2 * Double(steps) * Double(gates * sizes.hidden) * Double(sizes.input + sizes.hidden)
  let scalar = isDouble ? "float64" : "float32"
  return [
    Workload(name: name, pass: .forward, scalar: scalar, flops: flops) {
      let (single, double) = try prepare()
      return .init(
        run: { isDouble ? double.runForward() : single.runForward() },
        tensors: { single.tensors() })
    },
    Workload(name: name, pass: .served, scalar: scalar, flops: flops) {
      let (single, double) = try prepare()
      try requireAgreement(name, single.served(), double.served())
      let (one, two) = (single.network.prepared(), double.network.prepared())
      return .init(
        run: { isDouble ? double.run(two) : single.run(one) }, tensors: { single.tensors() })
    },
    Workload(name: name, pass: .forwardBackward, scalar: scalar, flops: 3 * flops) {
      let (single, double) = try prepare()
      return .init(
        run: { isDouble ? double.runBoth() : single.runBoth() }, tensors: { single.tensors() })
    },
  ]
}

/// Returns lengths that are uniform on 1 … T, the same for every network.
private func raggedLengths(_ sizes: RecurrentSizes) -> [Int] {
  var random = RandomSource(seed: 2)
  return (0..<sizes.batch).map { _ in 1 + random.integer(below: sizes.time) }
}

private struct RecurrentWork<Cell: RecurrentCell> {
  let network: Recurrent<Cell>
  let input, outputGradient: Tensor<Cell.Scalar>
  let states: [Cell.State]
  let lengths: [Int]?

  init(
    _ sizes: RecurrentSizes, isRagged: Bool, _ make: (inout RandomSource) -> Recurrent<Cell>
  ) {
    var random = RandomSource(seed: 1)
    network = make(&random)
    input = random.normal([sizes.time, sizes.batch, sizes.input])
    outputGradient = random.normal(
      [sizes.time, sizes.batch, network.directionCount * sizes.hidden])
    states = network.zeroState(batch: sizes.batch).map { state in
      Cell.State(tensors: state.tensors.map { random.normal($0.shape, standardDeviation: 0.5) })
    }
    lengths = isRagged ? raggedLengths(sizes) : nil
  }

  func forward() -> (output: Tensor<Cell.Scalar>, cache: Recurrent<Cell>.Cache) {
    let (output, _, cache) = network.forward(input, initialState: states, lengths: lengths)
    return (output, cache)
  }

  /// Returns the gradients with respect to the input, the states, and the parameters.
  func gradients() -> [(name: String, value: Tensor<Cell.Scalar>)] {
    let (byInput, byState, byParameters) = network.backward(
      outputGradient, finalStateGradient: nil, forward().cache)
    return [("input", byInput)] + named(byState) + byParameters.namedParameters
  }

  func runForward() -> Double { forward().output.elementAtEnd }

  func run(_ prepared: PreparedRecurrent<Cell>) -> Double {
    prepared(input, initialState: states, lengths: lengths).output.elementAtEnd
  }

  func served() -> [(name: String, value: Tensor<Cell.Scalar>)] {
    [("served output", network.prepared()(input, initialState: states, lengths: lengths).output)]
  }

  func runBoth() -> Double {
    let (byInput, byState, byParameters) = network.backward(
      outputGradient, finalStateGradient: nil, forward().cache)
    return withExtendedLifetime((byState, byParameters)) { byInput.elementAtEnd }
  }

  /// The output and all gradients.
  func results() -> [(name: String, value: Tensor<Cell.Scalar>)] {
    [("output", forward().output)] + gradients().map { ("gradient." + $0.name, $0.value) }
  }

  /// The tensors of the states, those of the first cell first.
  fileprivate func named(
    _ states: [Cell.State]
  ) -> [(name: String, value: Tensor<Cell.Scalar>)] {
    states.flatMap(\.tensors).enumerated().map { ("state\($0.offset)", $0.element) }
  }
}

extension RecurrentWork where Cell.Scalar == Float {
  func tensors() -> [(name: String, value: Tensor<Float>)] {
    network.namedParameters.map { ("parameter." + $0.name, $0.value) }
      + [("input", input), ("output_gradient", outputGradient)] + named(states) + results()
      + (lengths.map { [("lengths", Tensor($0.map { Float($0) }))] } ?? [])
  }
}
