import Backflow

/// Convolutional networks that classify digits.
extension HealthySetUp {
  static let convolutional: [HealthySetUp] = [
    HealthySetUp(HealthyBase.convolution),
    convolutional("two convolutions, SGD with momentum") {
      [
        Conv2D(inputChannels: 1, outputChannels: 8, kernelSize: 3, padding: 1, using: &$0), ReLU(),
        MaxPool2D(kernelSize: 2),
        Conv2D(inputChannels: 8, outputChannels: 12, kernelSize: 3, padding: 1, using: &$0), ReLU(),
        Flatten(), Dense(inputSize: 192, outputSize: 10, using: &$0),
      ]
    } optimizer: {
      SGD(for: $0, learningRate: 0.03, momentum: 0.9)
    },
    convolutional("convolution, batch norm, maximum, Adam") {
      [
        Conv2D(
          inputChannels: 1, outputChannels: 8, kernelSize: 3, padding: 1, bias: false, using: &$0),
        BatchNorm(channels: 8), ReLU(), MaxPool2D(kernelSize: 2), Flatten(),
        Dense(inputSize: 128, outputSize: 10, using: &$0),
      ]
    } optimizer: {
      Adam(for: $0, learningRate: 0.003)
    },
    convolutional("tanh convolutions, mean pooling, Adam") {
      [
        Conv2D(
          inputChannels: 1, outputChannels: 6, kernelSize: 3, padding: 1,
          weights: .glorotUniform(), using: &$0), Tanh(),
        AvgPool2D(kernelSize: 2),
        Conv2D(
          inputChannels: 6, outputChannels: 12, kernelSize: 3, weights: .glorotUniform(),
          using: &$0), Tanh(),
        Flatten(), Dense(inputSize: 48, outputSize: 32, using: &$0), Tanh(),
        Dense(inputSize: 32, outputSize: 10, using: &$0),
      ]
    } optimizer: {
      Adam(for: $0, learningRate: 0.003)
    },
    convolutional("convolutions with stride, leaky ReLU, AdamW") {
      [
        Conv2D(
          inputChannels: 1, outputChannels: 8, kernelSize: 3, stride: 2, padding: 1, using: &$0),
        LeakyReLU(),
        Conv2D(
          inputChannels: 8, outputChannels: 16, kernelSize: 3, stride: 2, padding: 1, using: &$0),
        LeakyReLU(), Flatten(), Dense(inputSize: 64, outputSize: 10, using: &$0),
      ]
    } optimizer: {
      AdamW(for: $0, learningRate: 0.003)
    },
    HealthySetUp(
      "two convolutions, PyTorch's defaults, Adam", .convolutional, .accuracy(0.93)
    ) {
      let network = Sequential<Float>(
        [
          Conv2D(inputChannels: 1, outputChannels: 8, kernelSize: 3, padding: 1, using: &$0),
          ReLU(), MaxPool2D(kernelSize: 2),
          Conv2D(inputChannels: 8, outputChannels: 16, kernelSize: 3, padding: 1, using: &$0),
          ReLU(), MaxPool2D(kernelSize: 2), Flatten(),
          Dense(inputSize: 64, outputSize: 10, using: &$0),
        ] as [any Layer<Float>])
      return WatchedTraining(
        network.withPyTorchDefaults(using: &$0), .digits(.channel), steps: 800
      ) { Adam(for: $0, learningRate: 0.003) }
    },
    convolutional("residual convolutions, RMSProp") { random in
      func branch() -> any Layer<Float> {
        Residual(
          Sequential<Float>([
            Conv2D<Float>(
              inputChannels: 8, outputChannels: 8, kernelSize: 3, padding: 1, using: &random),
            ReLU<Float>(),
            Conv2D<Float>(
              inputChannels: 8, outputChannels: 8, kernelSize: 3, padding: 1, weights: .zeros,
              using: &random),
          ]))
      }
      return [
        Conv2D(
          inputChannels: 1, outputChannels: 8, kernelSize: 3, stride: 2, padding: 1, using: &random),
        branch(), branch(), ReLU(), Flatten(),
        Dense(inputSize: 128, outputSize: 10, using: &random),
      ]
    } optimizer: {
      RMSProp(for: $0, learningRate: 1e-3)
    },
  ]

  private static func convolutional(
    _ name: String, _ make: @escaping @Sendable (inout RandomSource) -> [any Layer<Float>],
    optimizer: @escaping @Sendable (Sequential<Float>) -> any Optimizer<Float>
  ) -> HealthySetUp {
    HealthySetUp(name, .convolutional, .accuracy(0.93)) {
      WatchedTraining(Sequential<Float>(make(&$0)), .digits(.channel), steps: 450, optimizer)
    }
  }
}
