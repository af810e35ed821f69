internal import Backflow

/// The sizes of a multilayer perceptron with two hidden layers.
struct PerceptronSizes {
  let batch: Int
  let input: Int
  let hidden: Int
  let classes: Int
}

/// Returns workloads for a training step of a perceptron with ReLU (forward, loss, backward,
/// clipping, Adam), alone and with a health monitor.
func training(_ sizes: PerceptronSizes) -> [Workload] {
  let (input, hidden, classes) = (sizes.input, sizes.hidden, sizes.classes)
  let weights = input * hidden + hidden * hidden + hidden * classes
  return monitoredTraining(
    "train/mlp/b\(sizes.batch)/i\(input)/h\(hidden)", flops: 6 * Double(sizes.batch * weights),
    verifiedSteps: 200, period: NetworkTraining<Sequential<Float>>.batches
  ) {
    var random = RandomSource(seed: 1)
    let model = Sequential<Float> {
      Dense(inputSize: input, outputSize: hidden, weights: .heNormal(), using: &random)
      ReLU()
      Dense(inputSize: hidden, outputSize: hidden, weights: .heNormal(), using: &random)
      ReLU()
      Dense(inputSize: hidden, outputSize: classes, using: &random)
    }
    return NetworkTraining(
      model, batch: sizes.batch, input: input, classes: classes, using: &random)
  }
}

/// The training of a classifier on labels of a linear teacher, a fifth of which are drawn at
/// random, so that the loss stays above zero however long it runs.
struct NetworkTraining<Model: Layer<Float>>: WatchedTraining {
  /// The number of batches, and that of draws of the random labels. They have no common divisor, so
  /// that every batch meets every draw.
  static var batches: Int { 16 }
  private static var draws: Int { 61 }

  private let inputs: [Tensor<Float>]
  private let labels: [[Int]]
  private let classes: Int
  private var model: Model
  private var optimizer: Adam<Float>
  private var steps = 0

  init(
    _ model: Model, batch: Int, input: Int, classes: Int, using random: inout RandomSource
  ) {
    let teacher = Dense<Float>(inputSize: input, outputSize: classes, using: &random)
    inputs = (0..<Self.batches).map { _ in random.normal([batch, input]) }
    let answers = inputs.map { teacher($0).argmaxOfRows() }
    labels = (0..<Self.batches * Self.draws).map { step in
      answers[step % Self.batches].map { answer in
        random.next() % 5 == 0 ? Int(random.next() % UInt64(classes)) : answer
      }
    }
    (self.model, self.classes, optimizer) = (model, classes, Adam(for: model))
  }

  mutating func step() -> Double {
    let labels = labels[steps % labels.count]
    let (logits, cache) = model.forward(inputs[steps % inputs.count])
    let (loss, logitsGradient) = softmaxCrossEntropy(logits, labels)
    var (_, gradients) = model.backward(logitsGradient, cache)
    clip(&gradients)
    optimizer.update(&model, along: gradients)
    steps += 1
    return Double(loss)
  }

  mutating func step(watchedBy health: inout HealthMonitor<Float>, isTested: Bool) -> Double {
    let (input, labels) = (inputs[steps % inputs.count], labels[steps % labels.count])
    let (logits, cache) = model.forward(input)
    let (loss, logitsGradient) = softmaxCrossEntropy(logits, labels)
    if health.isDue(steps) {
      let (_, gradients, trace) = model.tracedBackward(logitsGradient, cache)
      var clipped = gradients
      clip(&clipped)
      let before = model
      optimizer.update(&model, along: clipped)
      health.observe(steps, loss: loss, classes: classes) {
        $0.recordNetwork(trace, output: logits)
        $0.recordClipping(from: gradients, to: clipped)
        if isTested {
          $0.recordUpdate(from: before, to: model, along: gradients) {
            softmaxCrossEntropy($0(input), labels).loss
          }
        } else {
          $0.recordUpdate(from: before, to: model, along: gradients)
        }
      }
    } else {
      var (_, gradients) = model.backward(logitsGradient, cache)
      clip(&gradients)
      optimizer.update(&model, along: gradients)
      health.observe(steps, loss: loss, classes: classes)
    }
    steps += 1
    return Double(loss)
  }

  /// An error means a non-finite gradient, with which the loss would not fall as `verify` demands.
  private func clip(_ gradients: inout Model) { _ = try? clipGradientNorm(&gradients, to: 1) }
}
