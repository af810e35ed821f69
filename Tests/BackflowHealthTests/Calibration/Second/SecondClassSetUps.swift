import Backflow

/// Classifications with several labels, rare classes, wrong labels, weights and teachers.
extension HealthySetUp {
  static let secondClasses: [HealthySetUp] = [
    HealthySetUp("six labels at once, sigmoid cross-entropy, Adam", .dense, .accuracy(0.96)) {
      WatchedTraining(
        Sequential([12, 48, 6], ReLU(), weights: .heUniform(), using: &$0), .labels(), steps: 600
      ) { Adam(for: $0, learningRate: 0.005, beta2: 0.95) }
    },
    HealthySetUp("five ordered levels, cumulative logits, SGD", .dense, .accuracy(0.98)) {
      WatchedTraining(
        Sequential([8, 24, 4], Tanh(), weights: .glorotUniform(), using: &$0), .levels(),
        steps: 700
      ) { SGD(for: $0, learningRate: 0.1, momentum: 0.9) }
    },
    HealthySetUp("digits, multiclass hinge, SGD with momentum", .dense, .accuracy(0.92)) {
      WatchedTraining(
        Sequential([64, 48, 10], ReLU(), weights: .heUniform(), using: &$0),
        .loss { multiclassHinge($0, $1.labels) }, steps: 500
      ) { SGD(for: $0, learningRate: 0.02, momentum: 0.9) }
    },
    HealthySetUp("digits, focal loss, Adam", .dense, .accuracy(0.94)) {
      WatchedTraining(
        Sequential([64, 48, 10], ReLU(), weights: .heUniform(), using: &$0),
        .loss(SecondLosses.focal(2)), steps: 600
      ) { Adam(for: $0, learningRate: 0.003) }
    },
    HealthySetUp("classes 1 : 50, Adam", .dense, .accuracy(0.91)) {
      rare(&$0) { softmaxCrossEntropy($0, $1.labels) }
    },
    HealthySetUp("classes 1 : 50, weighted loss, Adam", .dense, .accuracy(0.97)) {
      rare(&$0, SecondLosses.weighted([1, 50]))
    },
    HealthySetUp("20 % wrong labels, Nesterov 0.95", .dense, .accuracy(0.92)) {
      WatchedTraining(
        Sequential([64, 64, 10], ReLU(), weights: .heUniform(), using: &$0), .wrongLabels(0.2),
        steps: 600
      ) { SGD(for: $0, learningRate: 0.01, momentum: 0.95, nesterov: true) }
    },
    HealthySetUp("distilled from a teacher, Adam", .dense, .accuracy(0.91)) { random in
      var teacher = WatchedTraining(
        Sequential([64, 64, 64, 10], ReLU(), weights: .heUniform(), using: &random), .digits(),
        steps: 0
      ) { Adam(for: $0, learningRate: 0.002) }
      teacher.unwatchedSteps = 400
      _ = teacher.run(every: 1, using: &random)
      return WatchedTraining(
        Sequential([64, 16, 10], ReLU(), weights: .heUniform(), using: &random),
        .distilled(from: teacher.model, temperature: 3), steps: 700
      ) { Adam(for: $0, learningRate: 0.005) }
    },
    HealthySetUp("majority of 15 bits in {0, 1}, tanh, Adam", .dense, .accuracy(0.99)) {
      WatchedTraining(
        Sequential([15, 32, 2], Tanh(), weights: .glorotUniform(), using: &$0), .majority(),
        steps: 600
      ) { Adam(for: $0, learningRate: 0.003) }
    },
    HealthySetUp("200 one-hot inputs, 5 classes, SGD with momentum", .dense, .accuracy(0.99)) {
      WatchedTraining(
        Sequential([200, 32, 5], ReLU(), weights: .heUniform(), using: &$0), .groups(), steps: 900
      ) { SGD(for: $0, learningRate: 0.3, momentum: 0.9) }
    },
    HealthySetUp("pairs of digits, contrastive loss, Adam", .dense, .accuracy(0.89)) {
      WatchedTraining(
        Sequential([64, 48, 8], ReLU(), weights: .heUniform(), using: &$0), .pairs(), steps: 600
      ) { Adam(for: $0, learningRate: 0.002) }
    },
    HealthySetUp("triplets of digits, tanh, Adam", .dense, .accuracy(0.92)) {
      WatchedTraining(
        Sequential([64, 48, 8], Tanh(), weights: .glorotUniform(), using: &$0), .triplets(),
        steps: 500
      ) { Adam(for: $0, learningRate: 0.002) }
    },
  ]

  private static func rare(
    _ random: inout RandomSource, _ loss: @escaping BatchLoss
  ) -> WatchedTraining<Sequential<Float>> {
    WatchedTraining(
      Sequential([6, 32, 2], ReLU(), weights: .heUniform(), using: &random), .rare(loss),
      steps: 700
    ) { Adam(for: $0, learningRate: 0.005) }
  }
}
