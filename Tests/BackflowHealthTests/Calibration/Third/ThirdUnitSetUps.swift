import Backflow
import Foundation

/// Layers of a user's own: sines and highways, and Fourier features.
extension HealthySetUp {
  static let thirdUnits: [HealthySetUp] = [
    adam(
      "sine activations, two waves, Adam", .regression, .determination(0.97), .waves(), steps: 700,
      rate: 0.001
    ) {
      Sequential<Float>([
        SineUnits(2, 48, frequency: 8, isFirst: true, using: &$0),
        SineUnits(48, 48, frequency: 8, using: &$0),
        Dense<Float>(inputSize: 48, outputSize: 1, using: &$0),
      ])
    },
    adam(
      "Fourier features, two waves, ReLU, Adam", .regression, .determination(0.98),
      .waves(features: 32), steps: 700, rate: 0.003
    ) { Sequential([64, 48, 1], ReLU(), weights: .heUniform(), using: &$0) },
    HealthySetUp("six highway layers, digits, SGD with momentum", .dense, .accuracy(0.93)) {
      var layers: [any Layer<Float>] = [Dense<Float>(inputSize: 64, outputSize: 32, using: &$0)]
      for _ in 0..<6 { layers.append(Highway(size: 32, using: &$0)) }
      layers.append(Dense<Float>(inputSize: 32, outputSize: 10, using: &$0))
      return WatchedTraining(Sequential(layers), .digits(), steps: 500) {
        SGD(for: $0, learningRate: 0.05, momentum: 0.9)
      }
    },
  ]
}

/// sin ω(W x + b), with the draws of Sitzmann and others 2020.
private struct SineUnits: Layer {
  typealias Scalar = Float
  var linear: Dense<Float>
  let frequency: Float

  struct Cache: Sendable {
    let linear: Dense<Float>.Cache
    let phase: Tensor<Float>
  }

  init(
    _ inputSize: Int, _ outputSize: Int, frequency: Float, isFirst: Bool = false,
    using random: inout RandomSource
  ) {
    let bound =
      isFirst
      ? 1 / Double(inputSize) : (6 / Double(inputSize)).squareRoot() / Double(frequency)
    self.init(
      linear: Dense(
        inputSize: inputSize, outputSize: outputSize, weights: .uniform(-bound..<bound),
        using: &random), frequency: frequency)
  }

  private init(linear: Dense<Float>, frequency: Float) {
    (self.linear, self.frequency) = (linear, frequency)
  }

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Cache) {
    let (sum, cache) = linear.forward(input)
    let phase = sum * frequency
    let output = Tensor(phase.elements.map { sin($0) }, shape: phase.shape)
    return (output, Cache(linear: cache, phase: phase))
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache
  ) -> (inputGradient: Tensor<Float>, gradients: SineUnits) {
    let slopes = Tensor(cache.phase.elements.map { cos($0) }, shape: cache.phase.shape)
    let (inputGradient, gradients) = linear.backward(
      outputGradient * slopes * frequency, cache.linear)
    return (inputGradient, SineUnits(linear: gradients, frequency: frequency))
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) { linear.visitParameters(visit) }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) { linear.visitBuffers(visit) }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) { linear.visitCounters(visit) }
}

/// y = t tanh(W x + b) + (1 − t) x with the gate t, which starts mostly closed (Srivastava and
/// others 2015).
private struct Highway: Layer {
  typealias Scalar = Float
  var transform: Dense<Float>
  var gate: Dense<Float>

  struct Cache: Sendable {
    let transform, gate: Dense<Float>.Cache
    let input, hidden, share: Tensor<Float>
  }

  init(size: Int, using random: inout RandomSource) {
    transform = Dense(inputSize: size, outputSize: size, using: &random)
    gate = Dense(inputSize: size, outputSize: size, using: &random)
    gate.bias = Tensor(repeating: -1, shape: [size])
  }

  private init(_ transform: Dense<Float>, _ gate: Dense<Float>) {
    (self.transform, self.gate) = (transform, gate)
  }

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Cache) {
    let (sum, transformCache) = transform.forward(input)
    let (logit, gateCache) = gate.forward(input)
    let (hidden, share) = (tanh(sum), sigmoid(logit))
    return (
      input + share * (hidden - input),
      Cache(
        transform: transformCache, gate: gateCache, input: input, hidden: hidden, share: share)
    )
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache
  ) -> (inputGradient: Tensor<Float>, gradients: Highway) {
    let (hidden, share) = (cache.hidden, cache.share)
    let (one, transformGradients) = transform.backward(
      outputGradient * share * (1 - hidden.squared()), cache.transform)
    let (other, gateGradients) = gate.backward(
      outputGradient * (hidden - cache.input) * share * (1 - share), cache.gate)
    return (
      one + other + outputGradient * (1 - share), Highway(transformGradients, gateGradients)
    )
  }

  func activations(in cache: Cache) -> [Activation<Float>] {
    [
      Activation(.tanh, output: cache.hidden, gate: "transform"),
      Activation(.sigmoid, output: cache.share, gate: "gate"),
    ]
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    transform.visitParameters(under: "transform", visit)
    gate.visitParameters(under: "gate", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    transform.visitBuffers(under: "transform", visit)
    gate.visitBuffers(under: "gate", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    transform.visitCounters(under: "transform", visit)
    gate.visitCounters(under: "gate", visit)
  }
}

extension LearningTask {
  /// y = sin 5x₁ cos 4x₂ on the square −1 … 1, which is shown as such or by the cosines and sines
  /// of random waves (Tancik and others 2020).
  fileprivate static func waves(features: Int = 0) -> LearningTask {
    var source = RandomSource(seed: 89)
    let waves: Tensor<Float> = source.normal([2, features], standardDeviation: 4)
    return regression(batch: 64) { size, random in
      let x: Tensor<Float> = random.uniform([size, 2], in: -1..<1)
      let y = (0..<size).map { sin(5 * x[$0, 0]) * cos(4 * x[$0, 1]) }
      let targets = Tensor(y, shape: [size, 1])
      guard features > 0 else { return TrainingBatch(inputs: x, targets: targets) }
      let phases = matmul(x, waves)
      let inputs = ([cos, sin] as [(Float) -> Float]).map { wave in
        Tensor(phases.elements.map(wave), shape: phases.shape)
      }
      return TrainingBatch(inputs: .concatenate(inputs, axis: 1), targets: targets)
    }
  }
}
