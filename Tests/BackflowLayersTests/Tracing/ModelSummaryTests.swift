import Backflow
import TestSupport
import Testing

@Suite struct `The summary of a model` {
  @Test func `has the shapes, parameters and multiply-adds of its layers`() {
    var random = RandomSource(seed: 1)
    let model = Sequential<Float> {
      RNN(inputSize: 8, hiddenSize: 32, using: &random)
      LastStep()
      Dense(inputSize: 32, outputSize: 10, using: &random)
    }
    let summary = model.summary(for: [8, 2, 8])
    #expect(summary.parameterCount == 32 * 8 + 32 * 32 + 64 + 330)
    #expect(summary.rows.map(\.path) == ["", "0", "1", "2"])
    #expect(
      summary.rows.map(\.typeName) == ["Sequential", "Recurrent<VanillaCell>", "LastStep", "Dense"])
    #expect(summary.rows.map(\.outputShape) == [[2, 10], [8, 2, 32], [2, 32], [2, 10]])
    #expect(summary.rows.map(\.parameterCount) == [1674, 1344, 0, 330])
    #expect(summary.rows.map(\.isContainer) == [true, false, false, false])
    let products = [8 * 2 * (32 * 8 + 32 * 32), 0, 2 * 320]
    #expect(summary.rows.dropFirst().map(\.multiplyAdds) == products)
    #expect(summary.multiplyAdds == 20_480 + 640)
    #expect(
      "\(summary)" == """
        layer                     output      parameters  multiply-adds
        Sequential                [2, 10]
        0 Recurrent<VanillaCell>  [8, 2, 32]       1,344         20,480
        1 LastStep                [2, 32]              0              0
        2 Dense                   [2, 10]            330            640
        total                                      1,674         21,120
        """)
  }

  @Test func `names containers before their parts`() {
    var random = RandomSource(seed: 1)
    let model = Sequential<Double> {
      Residual(
        Sequential<Double> {
          Dense(inputSize: 3, outputSize: 3, using: &random)
          ReLU()
        })
      Dense(inputSize: 3, outputSize: 1, using: &random)
    }
    let rows = model.summary(for: [5, 3]).rows
    #expect(rows.map(\.path) == ["", "0", "0.body", "0.body.0", "0.body.1", "1"])
    #expect(rows.map(\.isContainer) == [true, true, true, false, false, false])
    #expect(model.summary(for: [5, 3]).multiplyAdds == 5 * 9 + 5 * 3)
  }

  @Test func `counts convolutions, attention and bidirectional recurrences`() {
    var random = RandomSource(seed: 1)
    let convolution = Conv2D<Float>(
      inputChannels: 4, outputChannels: 6, kernelSize: 3, stride: 2, padding: 1, groups: 2,
      using: &random)
    #expect(convolution.multiplyAdds(for: [2, 4, 8, 8]) == 2 * 6 * 4 * 4 * (2 * 9))
    let attention = MultiHeadAttention<Float>(size: 8, heads: 2, using: &random)
    #expect(attention.multiplyAdds(for: [3, 5, 8]) == 3 * 5 * (4 * 64) + 3 * 2 * 5 * 5 * 8)
    let lstm = LSTM<Float>(
      inputSize: 3, hiddenSize: 4, layers: 2, bidirectional: true, using: &random)
    let first = 2 * 16 * (3 + 4)
    let second = 2 * 16 * (8 + 4)
    #expect(lstm.multiplyAdds(for: [7, 2, 3]) == 7 * 2 * (first + second))
  }

  @Test func `says that a layer of the program does not state its operations`() {
    let summary = Opaque().summary(for: [2, 3])
    #expect(summary.rows.map(\.multiplyAdds) == [nil])
    #expect("\(summary)".contains("unknown"))
  }
}

private struct Opaque: Layer {
  typealias Scalar = Float
  var weight = Tensor<Float>.ones([3])

  func forward(_ x: Tensor<Float>) -> (output: Tensor<Float>, cache: Shape) { (x, x.shape) }
  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Shape
  ) -> (inputGradient: Tensor<Float>, gradients: Opaque) { (outputGradient, self) }
  mutating func visitParameters(_ visit: ParameterVisitor<Float>) { visit("weight", &weight) }
}
