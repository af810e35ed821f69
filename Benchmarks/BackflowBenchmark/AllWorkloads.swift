internal import Backflow
internal import BackflowKernels

/// All workloads. To add one, add a row here; to add a kind, also add its file to Workloads.
var allWorkloads: [Workload] {
  [64, 128, 256, 512, 1024, 2048].map { matmul(n: $0) }
    + multilayerPerceptron(batch: 128, input: 784, hidden: 512)
    + multilayerPerceptron(batch: 32, input: 784, hidden: 128)
    + multilayerPerceptron(batch: 1, input: 64, hidden: 64)
    + recurrentSizes.flatMap { vanilla($0) }
    + recurrentSizes.flatMap { lstm($0) }
    + recurrentSizes.flatMap { gru($0) }
    + training(recurrentSizes[0])
    + perceptronSizes.flatMap { training($0) }
    + [64, 128, 256, 512, 1024].flatMap { n in
      n < LAPACK.leastMultishiftOrder
        ? [eigenvalueProblem(n: n)]
        : [eigenvalueProblem(n: n), eigenvalueProblem(n: n, byGeev: true)]
    }
}

private let recurrentSizes = [
  RecurrentSizes(batch: 32, time: 64, input: 64, hidden: 128),
  RecurrentSizes(batch: 64, time: 128, input: 256, hidden: 512),
  RecurrentSizes(batch: 1, time: 100, input: 32, hidden: 64),
]

private let perceptronSizes = [
  PerceptronSizes(batch: 64, input: 784, hidden: 512, classes: 10),
  PerceptronSizes(batch: 32, input: 64, hidden: 64, classes: 10),
  PerceptronSizes(batch: 1, input: 20, hidden: 8, classes: 3),
]

private func vanilla(_ sizes: RecurrentSizes) -> [Workload] {
  recurrent(
    "rnn", gates: 1, sizes,
    { RNN<Float>(inputSize: sizes.input, hiddenSize: sizes.hidden, using: &$0) },
    { RNN<Double>(inputSize: sizes.input, hiddenSize: sizes.hidden, using: &$0) })
}

private func lstm(_ sizes: RecurrentSizes) -> [Workload] {
  recurrent(
    "lstm", gates: 4, sizes,
    { LSTM<Float>(inputSize: sizes.input, hiddenSize: sizes.hidden, using: &$0) },
    { LSTM<Double>(inputSize: sizes.input, hiddenSize: sizes.hidden, using: &$0) })
}

private func gru(_ sizes: RecurrentSizes) -> [Workload] {
  recurrent(
    "gru", gates: 3, sizes,
    { GRU<Float>(inputSize: sizes.input, hiddenSize: sizes.hidden, using: &$0) },
    { GRU<Double>(inputSize: sizes.input, hiddenSize: sizes.hidden, using: &$0) })
}
