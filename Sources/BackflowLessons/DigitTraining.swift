internal import Backflow

/// The training of a network for digit classification with SGD, and its measurements.
///
/// Shapes: N images as rows [N, 64], logits [N, 10].
struct DigitTraining {
  /// The network in its current state.
  private(set) var network: Sequential<Float>
  /// The health monitor of its gradients.
  private(set) var health: HealthMonitor<Float>
  /// The number of steps so far.
  private(set) var step = 0
  /// The loss over the complete training set at the measured steps.
  private(set) var losses: [(step: Int, value: Double)] = []

  private var optimizer: SGD<Float>
  private var random: RandomSource
  private let (training, heldOut): (Digits, Digits)
  private let batch = 32

  init(
    _ network: Sequential<Float>, on digits: Digits, learningRate: Double, momentum: Double = 0,
    lookingEvery interval: Int = 50, seed: UInt64
  ) {
    self.network = network
    (training, heldOut) = digits.split
    optimizer = SGD(for: network, learningRate: learningRate, momentum: momentum)
    health = HealthMonitor(every: interval)
    random = RandomSource(seed: seed)
  }

  /// The learning rate of subsequent steps.
  var learningRate: Double {
    get { optimizer.learningRate }
    set { optimizer.learningRate = newValue }
  }

  /// Changes the network, and starts a new optimizer of the same settings for it.
  mutating func editNetwork(_ edit: (inout Sequential<Float>) -> Void) {
    edit(&network)
    optimizer = SGD(
      for: network, learningRate: optimizer.learningRate, momentum: optimizer.momentum)
  }

  /// All training images, [N, 64].
  var trainingRows: Tensor<Float> { training.rows }

  /// The fraction of the held-out images that are classified correctly.
  var heldOutAccuracy: Double { accuracy(network(heldOut.rows), heldOut.labels) }

  /// The loss over the complete training set, in nats.
  var trainingLoss: Double {
    Double(softmaxCrossEntropy(network(training.rows), training.labels).loss)
  }

  /// Performs `count` steps. Calls `look` every `interval` steps, before the step, and after the
  /// last step.
  mutating func train(
    steps count: Int, lookingEvery interval: Int, _ look: (DigitTraining) -> Void = { _ in }
  ) {
    for remaining in stride(from: count, to: 0, by: -1) {
      if (count - remaining).isMultiple(of: interval) { record(look) }
      takeStep()
    }
    record(look)
  }

  private mutating func record(_ look: (DigitTraining) -> Void) {
    losses.append((step, trainingLoss))
    look(self)
  }

  private mutating func takeStep() {
    let images = training.samples(
      at: (0..<batch).map { _ in random.integer(below: training.labels.count) })
    let (logits, cache) = network.forward(images.rows, .training(seed: random.next()))
    let (loss, logitsGradient) = softmaxCrossEntropy(logits, images.labels)
    let (_, gradients, trace) = network.tracedBackward(logitsGradient, cache)
    let before = health.isDue(step) ? network : nil
    optimizer.update(&network, along: gradients)
    network.updateBuffers(from: cache)
    health.observe(step, loss: loss, classes: Digits.classCount) {
      $0.recordNetwork(trace, output: logits)
      $0.recordUpdate(from: before, to: network, along: gradients)
    }
    step += 1
  }

  /// Returns the backward signal of one batch at each layer of the current network.
  func signalProfile() -> SignalProfile? {
    let images = training.samples(at: Array(0..<batch))
    let (logits, cache) = network.forward(images.rows, .training(seed: 0))
    let (_, logitsGradient) = softmaxCrossEntropy(logits, images.labels)
    let (_, _, trace) = network.tracedBackward(logitsGradient, cache)
    var observation = StepObservation<Float>(step: step)
    observation.recordNetwork(trace)
    return SignalProfile(observation.signals)
  }
}

extension Digits {
  /// The images as rows, [N, 64].
  var rows: Tensor<Float> { images.reshaped(to: [labels.count, 64]) }
}
