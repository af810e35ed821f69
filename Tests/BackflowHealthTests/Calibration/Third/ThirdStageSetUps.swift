import Backflow

/// Trained networks that are trained on: pruned, and with layers that are frozen for a time.
extension HealthySetUp {
  static let thirdStages: [HealthySetUp] = [
    HealthySetUp("pruned to 30 % of the weights, tuned, Adam", .dense, .accuracy(0.92)) {
      WatchedTraining(
        Sequential([64, 64, 64, 10], ReLU(), weights: .heUniform(), using: &$0), .digits(),
        steps: 400
      ) { Adam(for: $0, learningRate: 0.001) }.with {
        $0.unwatchedSteps = 400
        var masks: [Tensor<Float>] = []
        $0.hooks.model = { step, model in
          guard step == 0 else { return }
          masks = model.namedParameters.map { pruned($0.value) }
          multiply(&model, masks)
        }
        $0.hooks.update = { step, _, model in if step >= 0 { multiply(&model, masks) } }
      }
    },
    HealthySetUp("trunk frozen for 150 steps, then tuned, Adam", .dense, .accuracy(0.94)) {
      var first = WatchedTraining(
        Sequential([64, 64, 64, 5], ReLU(), weights: .heUniform(), using: &$0),
        .digits(only: [0, 2, 4, 6, 8]), steps: 0
      ) { Adam(for: $0, learningRate: 0.002) }
      first.unwatchedSteps = 300
      _ = first.run(every: 1, using: &$0)
      first.model.layers[4] = Dense<Float>(inputSize: 64, outputSize: 5, using: &$0)
      return WatchedTraining(first.model, .digits(only: [1, 3, 5, 7, 9]), steps: 450) {
        Adam(for: $0, learningRate: 0.001)
      }.with {
        $0.frozenLayers = ["0.*", "2.*"]
        $0.hooks.update = { step, before, after in
          guard step < 150 else { return }
          after.restore("0.", from: before)
          after.restore("2.", from: before)
        }
      }
    },
  ]

  /// 1 for the largest three tenths of a weight, 0 for the others; 1 for a bias.
  private static func pruned(_ value: Tensor<Float>) -> Tensor<Float> {
    guard value.rank > 1 else { return .ones(value.shape) }
    let sizes = value.magnitude.elements
    let limit = sizes.sorted()[sizes.count * 7 / 10]
    return Tensor(sizes.map { $0 >= limit ? 1 : 0 }, shape: value.shape)
  }

  private static func multiply(_ model: inout Sequential<Float>, _ masks: [Tensor<Float>]) {
    var index = 0
    model.visitParameters { _, value in
      value = value * masks[index]
      index += 1
    }
  }
}
