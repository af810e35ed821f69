import Backflow

/// Recurrent networks that read a digit piece by piece, with Adam and clipping to 1.
extension HealthySetUp {
  static let recurrent: [HealthySetUp] = [
    HealthySetUp(HealthyBase.rows),
    reader("LSTM, digits row by row", pixels: 8) {
      LSTM<Float>(inputSize: 8, hiddenSize: 32, using: &$0)
    },
    reader("GRU, digits row by row", pixels: 8) {
      GRU<Float>(inputSize: 8, hiddenSize: 32, using: &$0)
    },
    HealthySetUp("LSTM in two directions, digits row by row", .recurrent, .accuracy(0.9)) {
      WatchedTraining(
        Sequential<Float>(
          [
            LSTM<Float>(inputSize: 8, hiddenSize: 24, bidirectional: true, using: &$0),
            MeanOverAxis(axis: 0), Dense<Float>(inputSize: 48, outputSize: 10, using: &$0),
          ] as [any Layer<Float>]), .digits(.pixels(8)), steps: 500
      ) { Adam(for: $0, learningRate: 0.01) }.with { $0.clip = 1 }
    },
    reader("two GRUs with dropout, digits row by row", pixels: 8, quality: 0.93) {
      GRU<Float>(inputSize: 8, hiddenSize: 32, layers: 2, dropout: 0.2, using: &$0)
    },
    reader("LSTM, PyTorch's defaults, digits row by row", pixels: 8) {
      LSTM<Float>(inputSize: 8, hiddenSize: 48, using: &$0).withPyTorchDefaults(using: &$0)
    },
    reader("RNN, PyTorch's defaults, digits row by row", pixels: 8, steps: 700) {
      RNN<Float>(inputSize: 8, hiddenSize: 48, using: &$0).withPyTorchDefaults(using: &$0)
    },
    reader("GRU, digits by 4 pixels", pixels: 4, rate: 0.01, quality: 0.9) {
      GRU<Float>(inputSize: 4, hiddenSize: 32, using: &$0)
    },
    reader("rectified RNN from the identity, digits row by row", pixels: 8, rate: 0.002) {
      RNN<Float>(
        inputSize: 8, hiddenSize: 48, nonlinearity: .relu,
        inputWeights: .normal(standardDeviation: 0.1), recurrentWeights: .identity(), using: &$0)
    },
    reader("GRU, digits pixel by pixel", pixels: 1, rate: 0.01, steps: 500, quality: 0.75) {
      GRU<Float>(inputSize: 1, hiddenSize: 32, using: &$0)
    },
  ]

  private static func reader<Cell: RecurrentCell<Float>>(
    _ name: String, pixels: Int, rate: Double = 0.005, steps: Int = 500, quality: Double = 0.9,
    _ make: @escaping @Sendable (inout RandomSource) -> Recurrent<Cell>
  ) -> HealthySetUp {
    HealthySetUp(name, .recurrent, .accuracy(quality)) {
      WatchedTraining(
        Sequential(make(&$0), outputSize: 10, using: &$0), .digits(.pixels(pixels)), steps: steps
      ) { Adam(for: $0, learningRate: rate) }.with { $0.clip = 1 }
    }
  }
}
