import Backflow
import Testing

@Suite struct `readParameters` {
  @Test func `reads the parameters that visitParameters visits, under the same names`() {
    var random = RandomSource(seed: 3)
    var model = Sequential<Double> {
      Dense(inputSize: 3, outputSize: 4, using: &random)
      ReLU()
      Residual(
        Sequential<Double> {
          Dense(inputSize: 4, outputSize: 4, bias: false, using: &random)
          LayerNorm(size: 4)
        })
      LSTM(inputSize: 4, hiddenSize: 2, using: &random)
    }
    var visited: [(String, Tensor<Double>)] = []
    model.visitParameters { visited.append(($0, $1)) }
    var read: [(String, Tensor<Double>)] = []
    model.readParameters(under: "") { read.append(($0, $1)) }
    #expect(read.map(\.0) == visited.map(\.0))
    #expect(read.map(\.1) == visited.map(\.1))
    #expect(read.map(\.0).contains("2.body.0.weight"))

    var unnamed: [Tensor<Double>] = []
    model.readParameters(under: nil) { unnamed.append($1) }
    #expect(unnamed == visited.map(\.1))
  }
}
