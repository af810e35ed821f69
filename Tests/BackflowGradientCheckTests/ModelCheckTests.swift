import Backflow
import TestSupport
import Testing

@Suite struct `A gradient check of a model` {
  private func reader(_ random: inout RandomSource) -> Sequential<Float> {
    Sequential<Float> {
      RNN(inputSize: 8, hiddenSize: 4, using: &random)
      LastStep()
      Dense(inputSize: 4, outputSize: 10, using: &random)
    }
  }

  @Test func `takes a model in single precision, with labels`() throws {
    var random = RandomSource(seed: 2)
    let digits = try Digits.load().samples(at: [0, 5, 9])
    let function = DifferentiableFunction(
      inDoublePrecision: reader(&random), input: digits.rowsAsSequence
    ) {
      softmaxCrossEntropy($0, digits.labels)
    }
    #expect(
      function.arguments.map(\.name) == [
        "input", "0.weight_ih_l0", "0.weight_hh_l0", "0.bias_ih_l0", "0.bias_hh_l0", "2.weight",
        "2.bias",
      ])
    let check = GradientCheck(function, using: &random)
    #expect(check.passes(), "\(check)")
  }

  @Test func `finds a wrong gradient of the loss`() throws {
    var random = RandomSource(seed: 2)
    let digits = try Digits.load().samples(at: [0, 5, 9])
    let function = DifferentiableFunction(
      inDoublePrecision: reader(&random), input: digits.rowsAsSequence
    ) {
      let (loss, gradient) = softmaxCrossEntropy($0, digits.labels)
      return (loss, gradient * 1.001)
    }
    #expect(!GradientCheck(function, using: &random).passes())
  }

  @Test func `of words checks the parameters only`() {
    var random = RandomSource(seed: 3)
    let model = Sequential<Float> {
      Embedding(count: 5, size: 3, using: &random)
      LSTM(inputSize: 3, hiddenSize: 4, using: &random)
      LastStep()
      Dropout(probability: 0.3)
      Dense(inputSize: 4, outputSize: 2, using: &random)
    }
    let words = Tensor<Float>(rows: [[0, 4], [3, 3], [1, 2]])
    let function = DifferentiableFunction(
      inDoublePrecision: model, input: words, mode: .training(seed: 9), checksInput: false
    ) {
      softmaxCrossEntropy($0, [1, 0])
    }
    #expect(function.arguments.first?.name == "0.weight")
    let check = GradientCheck(function, using: &random)
    #expect(check.passes(), "\(check)")
  }

  @Test func `is the same for every layer that has a copy in double precision`() {
    var random = RandomSource(seed: 4)
    let model = Sequential<Float> {
      Conv2D(inputChannels: 1, outputChannels: 4, kernelSize: 3, padding: 1, using: &random)
      BatchNorm(channels: 4)
      SiLU()
      AvgPool2D(kernelSize: 2)
      GELU(.tanh)
      Flatten()
      Residual(Dense(inputSize: 36, outputSize: 36, using: &random))
      LayerNorm(size: 36)
      Frozen(Dense(inputSize: 36, outputSize: 5, using: &random))
      ELU(alpha: 0.4)
      Softplus()
      LogSoftmax()
    }
    let x: Tensor<Float> = random.normal([2, 1, 6, 6])
    let check = GradientCheck(
      DifferentiableFunction(inDoublePrecision: model, input: x), using: &random)
    #expect(check.passes(), "\(check)")
    #expect(check.comparisons.first?.elementCount == 72)
  }

  @Test func `stops at a layer without a copy in double precision`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = DifferentiableFunction(inDoublePrecision: Sequential<Float>([Own()]), input: .ones([1]))
    }
    #expect(stopMessage(result).contains("Sequential: Own has no copy in double precision"))
  }
}

private struct Own: ParameterlessLayer {
  typealias Scalar = Float
  func forward(_ x: Tensor<Float>) -> (output: Tensor<Float>, cache: Shape) { (x, x.shape) }
  func inputGradient(_ outputGradient: Tensor<Float>, _ cache: Shape) -> Tensor<Float> {
    outputGradient
  }
}
