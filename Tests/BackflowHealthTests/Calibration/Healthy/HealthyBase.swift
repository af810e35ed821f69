import Backflow

/// A healthy training in which failures are planted.
struct HealthyBase<Model: Layer<Float>>: Sendable {
  let name: String
  let family: HealthySetUp.Family
  let quality: Quality
  let make: @Sendable (inout RandomSource) -> WatchedTraining<Model>

  init(
    _ name: String, _ family: HealthySetUp.Family, _ quality: Quality,
    _ make: @escaping @Sendable (inout RandomSource) -> WatchedTraining<Model>
  ) { (self.name, self.family, self.quality, self.make) = (name, family, quality, make) }
}

extension HealthyBase where Model == Sequential<Float> {
  static var relu: Self {
    HealthyBase("ReLU 64-64-64-10, Adam", .dense, .accuracy(0.93)) {
      WatchedTraining(
        Sequential([64, 64, 64, 10], ReLU(), weights: .heUniform(), using: &$0), .digits(),
        steps: 500
      ) { Adam(for: $0) }
    }
  }

  static var tanh: Self {
    HealthyBase("tanh 64-48-48-48-10, Adam", .dense, .accuracy(0.93)) {
      WatchedTraining(
        Sequential([64, 48, 48, 48, 10], Tanh(), weights: .glorotUniform(), using: &$0),
        .digits(), steps: 500
      ) { Adam(for: $0) }
    }
  }

  static var sigmoid: Self {
    HealthyBase("two sigmoid layers, Adam", .dense, .accuracy(0.93)) {
      WatchedTraining(
        Sequential([64, 48, 48, 10], Sigmoid(), weights: .glorotUniform(), using: &$0), .digits(),
        steps: 600
      ) { Adam(for: $0, learningRate: 0.01) }
    }
  }

  static var batchNorm: Self {
    HealthyBase("batch norm, ReLU, SGD", .dense, .accuracy(0.93)) {
      WatchedTraining(
        Sequential<Float>(
          [
            Dense(inputSize: 64, outputSize: 48, bias: false, weights: .heUniform(), using: &$0),
            BatchNorm(channels: 48), ReLU(),
            Dense(inputSize: 48, outputSize: 48, bias: false, weights: .heUniform(), using: &$0),
            BatchNorm(channels: 48), ReLU(), Dense(inputSize: 48, outputSize: 10, using: &$0),
          ] as [any Layer<Float>]), .digits(), steps: 400
      ) { SGD(for: $0, learningRate: 0.1) }
    }
  }

  static var residual: Self {
    HealthyBase("residual tanh blocks, layer norm, Adam", .dense, .accuracy(0.93)) { random in
      func block() -> any Layer<Float> {
        Residual(
          Sequential<Float>([
            LayerNorm<Float>(size: 48),
            Dense<Float>(inputSize: 48, outputSize: 48, using: &random), Tanh<Float>(),
            Dense<Float>(inputSize: 48, outputSize: 48, using: &random),
          ]))
      }
      return WatchedTraining(
        Sequential<Float>(
          [
            Dense(inputSize: 64, outputSize: 48, using: &random), block(), block(),
            LayerNorm(size: 48), Dense(inputSize: 48, outputSize: 10, using: &random),
          ] as [any Layer<Float>]), .digits(), steps: 400
      ) { Adam(for: $0) }
    }
  }

  static var dropout: Self { dropout(0.5) }

  /// A network that drops units with this probability.
  static func dropout(_ probability: Double) -> Self {
    HealthyBase("dropout \(probability), ReLU, Adam", .dense, .accuracy(0.93)) {
      WatchedTraining(
        Sequential<Float>(
          [
            Dense(inputSize: 64, outputSize: 96, weights: .heUniform(), using: &$0), ReLU(),
            Dropout(probability: probability),
            Dense(inputSize: 96, outputSize: 96, weights: .heUniform(), using: &$0), ReLU(),
            Dropout(probability: probability), Dense(inputSize: 96, outputSize: 10, using: &$0),
          ] as [any Layer<Float>]), .digits(), steps: 600
      ) { Adam(for: $0) }
    }
  }

  static var convolution: Self {
    HealthyBase("one convolution, Adam", .convolutional, .accuracy(0.93)) {
      WatchedTraining(
        Sequential<Float>(
          [
            Conv2D(inputChannels: 1, outputChannels: 8, kernelSize: 3, padding: 1, using: &$0),
            ReLU(), MaxPool2D(kernelSize: 2), Flatten(),
            Dense(inputSize: 128, outputSize: 10, using: &$0),
          ] as [any Layer<Float>]), .digits(.channel), steps: 400
      ) { Adam(for: $0, learningRate: 0.003) }
    }
  }

  /// A vanilla network that reads the rows of digits.
  static var rows: Self {
    HealthyBase("RNN, digits row by row", .recurrent, .accuracy(0.93)) {
      WatchedTraining(
        Sequential(
          RNN<Float>(inputSize: 8, hiddenSize: 48, using: &$0), outputSize: 10, using: &$0),
        .digits(.pixels(8)), steps: 500
      ) { Adam(for: $0, learningRate: 0.003) }.with { $0.clip = 1 }
    }
  }

  static var recall: Self {
    HealthyBase("GRU, recall after 20 steps", .recurrent, .accuracy(0.95)) {
      WatchedTraining(
        Sequential(
          GRU<Float>(inputSize: 8, hiddenSize: 24, using: &$0), outputSize: 4, using: &$0),
        .recall(time: 20), steps: 500
      ) { Adam(for: $0, learningRate: 0.01) }.with { $0.clip = 1 }
    }
  }

  /// A vanilla forecaster with a loss at every step.
  static var sines: Self {
    HealthyBase("RNN, forecast of sines, 50 steps", .recurrent, .determination(0.95)) {
      WatchedTraining(
        Sequential(
          RNN<Float>(inputSize: 1, hiddenSize: 24, using: &$0), outputSize: 1, readsAll: true,
          using: &$0),
        .sines(time: 50), steps: 400
      ) { Adam(for: $0, learningRate: 0.003) }.with { $0.clip = 1 }
    }
  }

  static var attention: Self {
    HealthyBase("attention, the marked token of 10, Adam", .attention, .accuracy(0.95)) {
      WatchedTraining(
        Sequential<Float>(
          [
            Dense(inputSize: 5, outputSize: 24, using: &$0),
            Residual(MultiHeadAttention<Float>(size: 24, heads: 2, using: &$0)),
            Dense(inputSize: 24, outputSize: 24, using: &$0), ReLU(), MeanOverAxis(axis: 1),
            Dense(inputSize: 24, outputSize: 4, using: &$0),
          ] as [any Layer<Float>]), .marked(time: 10), steps: 500
      ) { Adam(for: $0, learningRate: 0.003) }
    }
  }

  static var friedman: Self {
    HealthyBase("Friedman, ReLU 10-64-64-1, Adam", .regression, .determination(0.93)) {
      WatchedTraining(
        Sequential([10, 64, 64, 1], ReLU(), weights: .heUniform(), using: &$0), .friedman(),
        steps: 600
      ) { Adam(for: $0, learningRate: 0.003) }
    }
  }

  static var linear: Self {
    HealthyBase("linear regression from zero, SGD", .regression, .determination(0.98)) { _ in
      WatchedTraining(
        Sequential<Float> { Dense(weight: .zeros([1, 8]), bias: .zeros([1])) }, .linear(),
        steps: 300
      ) { SGD(for: $0, learningRate: 0.05) }
    }
  }
}

extension HealthyBase where Model == TokenNetwork<Sequential<Float>> {
  static var bag: Self {
    HealthyBase("bag of tokens, Adam", .embedding, .accuracy(0.9)) {
      WatchedTraining(HealthySetUp.bag(hidden: nil, &$0), .topics(), steps: 500) {
        Adam(for: $0, learningRate: 0.01)
      }
    }
  }
}

extension HealthyBase where Model == TwoNetworks {
  static var twoNetworks: Self {
    HealthyBase("two networks side by side, Friedman, Adam", .regression, .determination(0.9)) {
      let networks = TwoNetworks(
        policy: Sequential([10, 48, 48, 1], Tanh(), weights: .glorotUniform(), using: &$0),
        value: Sequential([10, 48, 48, 1], Tanh(), weights: .glorotUniform(), using: &$0))
      return WatchedTraining(networks, .friedman(outputs: 2), steps: 600) {
        Adam(for: $0, learningRate: 0.005)
      }
    }
  }
}
