internal import Backflow

/// The training of a pixel reader with SGD, with or without gradient clipping.
struct PixelTraining {
  /// The name in reports.
  let name: String
  /// The color in the figure.
  let hue: LineChart.Hue
  /// The loss of the batch at each step.
  private(set) var losses: [Double] = []
  /// The global norm of the gradients at each step before clipping.
  private(set) var norms: [Double] = []
  /// Whether the training ended early because a gradient was not finite.
  private(set) var overflows = false
  /// The fraction of the steps that were clipped, or `nil` without clipping.
  private(set) var clippedShare: Double?
  /// The findings of a health monitor that observed every step.
  let findings: [Finding]
  /// The fraction of held-out digits classified correctly at the end.
  private(set) var accuracy = 0.0

  /// Trains `reader`, and ends early if a gradient is not finite.
  init<Cell: RecurrentCell<Float>>(
    _ name: String, _ hue: LineChart.Hue, _ reader: PixelReader<Cell>, on digits: Digits,
    steps: Int, learningRate: Double, limit: Double?, seed: UInt64
  ) {
    (self.name, self.hue) = (name, hue)
    let (training, heldOut) = digits.split
    var (reader, random) = (reader, RandomSource(seed: seed))
    var optimizer = SGD(for: reader, learningRate: learningRate, momentum: 0.9)
    var health = HealthMonitor<Float>()
    for step in 0..<steps {
      let images = training.samples(
        at: (0..<32).map { _ in random.integer(below: training.labels.count) })
      var (loss, gradients) = reader.gradients(images)
      let unclipped = gradients
      // Clipping to the largest finite number only measures the norm and throws an error if it is
      // not finite.
      let norm = try? clipGradientNorm(&gradients, to: limit ?? .greatestFiniteMagnitude)
      health.observe(step, loss: Float(loss), classes: Digits.classCount) {
        $0.recordParameters(reader, gradients: unclipped)
        if norm != nil { $0.recordClipping(from: unclipped, to: gradients) }
      }
      guard let norm else {
        overflows = true
        break
      }
      optimizer.update(&reader, along: gradients)
      losses.append(loss)
      norms.append(norm)
    }
    findings = health.findings
    clippedShare = limit.map { limit in
      Double(norms.count { $0 > limit }) / Double(max(1, norms.count))
    }
    accuracy = Backflow.accuracy(reader(heldOut), heldOut.labels)
  }
}
