import Backflow

/// Units that compute the same thing.
extension PlantedFailure {
  static let symmetries: [PlantedFailure] = [
    PlantedFailure(
      "all weights constant, dense", in: .tanh, [.symmetricUnits], at: ["0", "2", "4"]
    ) {
      training, _ in
      training.model.change("") { $0 = 0 * $0 + 0.05 }
    },
    PlantedFailure("one layer constant, dense", in: .tanh, [.symmetricUnits], at: ["2.weight"]) {
      training, _ in
      training.model.change("2.weight") { $0 = 0 * $0 + 0.05 }
      // Equal units stay equal only if the layer above starts equal as well.
      training.model.change("4.weight") {
        $0 = $0.mean(axis: 1).reshaped(to: [48, 1]).broadcast(to: [48, 48])
      }
    },
    PlantedFailure("kernels constant, convolution", in: .convolution, [.symmetricUnits], at: ["0"])
    {
      training, _ in
      training.model.change("") { $0 = 0 * $0 + 0.05 }
    },
    PlantedFailure("weights constant, recurrence", in: .rows, [.symmetricUnits], at: ["0", "2"]) {
      training, _ in
      training.model.change("") { $0 = 0 * $0 + 0.05 }
    },
    PlantedFailure("twins from step 50", in: .tanh, [.symmetricUnits], at: ["2.weight"]) {
      training, _ in
      training.optimizer = SGD(for: training.model, learningRate: 0.1)
      training.hooks.model = { step, model in
        guard step == 50 else { return }
        model.change("2.weight") { $0[1..<2] = $0[0..<1] }
        model.change("2.bias") { $0[1..<2] = $0[0..<1] }
        model.change("4.weight") {
          $0.replaceSlice(1..<2, axis: 1, with: $0.slice(0..<1, axis: 1))
        }
      }
    },
  ]
}
