internal import Backflow

/// How a run trains its network.
struct TrainingSettings: Codable, Equatable {
  enum OptimizerName: String, Codable, CaseIterable {
    case adam, adamw, sgd, rmsprop, adagrad
  }

  enum ScheduleName: String, Codable, CaseIterable {
    case constant, cosine
  }

  var epochs: Int
  var batch: Int
  var optimizer: OptimizerName
  var learningRate: Double
  var schedule: ScheduleName
  /// The number of first updates over which the learning rate rises from 0.
  var warmup: Int
  var weightDecay: Double
  /// The global norm to which gradients are clipped, or `nil` for no clipping.
  var clip: Double?
  /// The decay of the moving average of the weights, or `nil` for none.
  var average: Double?
  /// The number of epochs without improvement after which the training ends, or `nil` for all.
  var patience: Int?
  var seed: UInt64
  var threads: Int
  /// The number of updates between two observations of the gradients, or 0 for none.
  var health: Int
  /// The number of updates between two lines of the metrics.
  var logEvery: Int

  /// Returns the optimizer for a network.
  func optimizer(for network: Sequential<Float>) -> any Optimizer<Float> {
    switch optimizer {
    case .adam: Adam(for: network, learningRate: learningRate, weightDecay: weightDecay)
    case .adamw: AdamW(for: network, learningRate: learningRate, weightDecay: weightDecay)
    case .sgd:
      SGD(for: network, learningRate: learningRate, momentum: 0.9, weightDecay: weightDecay)
    case .rmsprop: RMSProp(for: network, learningRate: learningRate, weightDecay: weightDecay)
    case .adagrad: Adagrad(for: network, learningRate: learningRate, weightDecay: weightDecay)
    }
  }

  /// Returns the schedule of a training with this number of updates.
  func schedule(steps: Int) -> any Schedule {
    switch schedule {
    case .constant: warmed(ConstantSchedule(learningRate))
    case .cosine: warmed(CosineSchedule(learningRate, steps: max(steps - warmup, 1)))
    }
  }

  private func warmed(_ schedule: some Schedule) -> any Schedule {
    warmup == 0 ? schedule : WarmupSchedule(steps: warmup, then: schedule)
  }
}
