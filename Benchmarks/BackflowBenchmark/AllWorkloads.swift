internal import Backflow
internal import BackflowKernels

/// All workloads. To add one, add a row here; to add a kind, also add its file to Workloads.
var allWorkloads: [Workload] {
  let groups: [[Workload]] = [
    [64, 128, 256, 512, 1024, 2048].map { matmul(n: $0) },
    [doubleMatmul(n: 512)],
    multilayerPerceptron(batch: 128, input: 784, hidden: 512),
    multilayerPerceptron(batch: 32, input: 784, hidden: 128),
    multilayerPerceptron(batch: 1, input: 64, hidden: 64),
    multilayerPerceptron(batch: 32, input: 784, hidden: 128, isDouble: true),
    convolutions(batch: 32, channels: 3, hidden: 32, side: 32),
    depthwiseConvolution(batch: 32, channels: 32, side: 32),
    attention(batch: 8, time: 128, size: 256, heads: 4),
    layerNormalization(rows: 1024, size: 512),
    batchNormalization(batch: 32, channels: 64, side: 16),
    recurrentWorkloads,
    training(recurrentSizes[0]),
    [characterTraining(batch: 32, time: 64)],
    perceptronSizes.flatMap { training($0) },
    stabilityWorkloads,
  ]
  return groups.flatMap { $0 }
}

private let recurrentSizes = [
  RecurrentSizes(batch: 32, time: 64, input: 64, hidden: 128),
  RecurrentSizes(batch: 64, time: 128, input: 256, hidden: 512),
  RecurrentSizes(batch: 1, time: 100, input: 32, hidden: 64),
]

/// Longer and shorter sequences, and larger and smaller batches, than those of the first of
/// `recurrentSizes`, which show how the time grows.
private let growthSizes =
  [16, 32, 128, 256].map { RecurrentSizes(batch: 32, time: $0, input: 64, hidden: 128) }
  + [4, 8, 16, 64].map { RecurrentSizes(batch: $0, time: 64, input: 64, hidden: 128) }

private let perceptronSizes = [
  PerceptronSizes(batch: 64, input: 784, hidden: 512, classes: 10),
  PerceptronSizes(batch: 32, input: 64, hidden: 64, classes: 10),
  PerceptronSizes(batch: 1, input: 20, hidden: 8, classes: 3),
]

private var recurrentWorkloads: [Workload] {
  let groups: [[Workload]] = [
    recurrentSizes.flatMap { vanilla($0) },
    recurrentSizes.flatMap { lstm($0) },
    recurrentSizes.flatMap { gru($0) },
    originalGRU(recurrentSizes[2]),
    leaky(recurrentSizes[2]),
    lstm(recurrentSizes[0], isDouble: true),
    gru(recurrentSizes[0], isDouble: true),
    lstm(recurrentSizes[0], kind: "bidirectional-lstm", isBidirectional: true),
    lstm(recurrentSizes[0], kind: "ragged-lstm", isRagged: true),
    growthSizes.flatMap { lstm($0, kind: "growth/lstm") },
    [lstmStep(input: 64, hidden: 128), gruStep(input: 64, hidden: 128)],
  ]
  return groups.flatMap { $0 }
}

private var stabilityWorkloads: [Workload] {
  let eigenvalues = [64, 128, 256, 512, 1024].flatMap { n in
    n < LAPACK.leastMultishiftOrder
      ? [eigenvalueProblem(n: n)]
      : [eigenvalueProblem(n: n), eigenvalueProblem(n: n, byGeev: true)]
  }
  return eigenvalues + [256, 512, 1024, 2048].map { spectralRadius(n: $0) }
    + [lyapunovExponents(hidden: 128, time: 500)]
}

private func vanilla(_ sizes: RecurrentSizes) -> [Workload] {
  recurrent(
    "rnn", gates: 1, sizes,
    { RNN<Float>(inputSize: sizes.input, hiddenSize: sizes.hidden, using: &$0) },
    { RNN<Double>(inputSize: sizes.input, hiddenSize: sizes.hidden, using: &$0) })
}

private func lstm(
  _ sizes: RecurrentSizes, kind: String = "lstm", isBidirectional: Bool = false,
  isRagged: Bool = false, isDouble: Bool = false
) -> [Workload] {
  func network<Scalar>(_ random: inout RandomSource) -> LSTM<Scalar> {
    LSTM(
      inputSize: sizes.input, hiddenSize: sizes.hidden, bidirectional: isBidirectional,
      using: &random)
  }
  return recurrent(
    kind, gates: isBidirectional ? 8 : 4, sizes, isRagged: isRagged, isDouble: isDouble,
    network as (inout RandomSource) -> LSTM<Float>,
    network as (inout RandomSource) -> LSTM<Double>)
}

private func gru(_ sizes: RecurrentSizes, isDouble: Bool = false) -> [Workload] {
  recurrent(
    "gru", gates: 3, sizes, isDouble: isDouble,
    { GRU<Float>(inputSize: sizes.input, hiddenSize: sizes.hidden, using: &$0) },
    { GRU<Double>(inputSize: sizes.input, hiddenSize: sizes.hidden, using: &$0) })
}

private func originalGRU(_ sizes: RecurrentSizes) -> [Workload] {
  recurrent(
    "original-gru", gates: 3, sizes,
    { OriginalGRU<Float>(inputSize: sizes.input, hiddenSize: sizes.hidden, using: &$0) },
    { OriginalGRU<Double>(inputSize: sizes.input, hiddenSize: sizes.hidden, using: &$0) })
}

private func leaky(_ sizes: RecurrentSizes) -> [Workload] {
  recurrent(
    "leaky-rnn", gates: 1, sizes,
    { LeakyRNN<Float>(inputSize: sizes.input, hiddenSize: sizes.hidden, leak: 0.5, using: &$0) },
    { LeakyRNN<Double>(inputSize: sizes.input, hiddenSize: sizes.hidden, leak: 0.5, using: &$0) })
}

private func lstmStep(input: Int, hidden: Int) -> Workload {
  step(
    "lstm", gates: 4, input: input, hidden: hidden,
    { LSTM<Float>(inputSize: input, hiddenSize: hidden, using: &$0) },
    { LSTM<Double>(inputSize: input, hiddenSize: hidden, using: &$0) })
}

private func gruStep(input: Int, hidden: Int) -> Workload {
  step(
    "gru", gates: 3, input: input, hidden: hidden,
    { GRU<Float>(inputSize: input, hiddenSize: hidden, using: &$0) },
    { GRU<Double>(inputSize: input, hiddenSize: hidden, using: &$0) })
}
