import Backflow
import TestSupport
import Testing

/// An invalid setting and the expected message.
private struct RefusedSetting: Sendable {
  let message: String
  let apply: @Sendable () -> Void

  init(_ message: String, _ apply: @escaping @Sendable () -> Void) {
    (self.message, self.apply) = (message, apply)
  }
}

private let float = OneParameter<Float>(value: .zeros([2]))
private let double = OneParameter<Double>(value: .zeros([2]))
private let pair = Tensor<Float>([1, 2])

private let vanishing: [RefusedSetting] = [
  .init("Adam: ε must be positive and finite, got 1e-46, which is 0.0 in Float") {
    _ = Adam(for: float, epsilon: 1e-46)
  },
  .init("AdamW: ε must be positive and finite, got 1e-46, which is 0.0 in Float") {
    _ = AdamW(for: float, epsilon: 1e-46)
  },
  .init("RMSProp: ε must be positive and finite, got 1e-46, which is 0.0 in Float") {
    _ = RMSProp(for: float, epsilon: 1e-46)
  },
  .init("Adagrad: ε must be positive and finite, got 1e-46, which is 0.0 in Float") {
    _ = Adagrad(for: float, epsilon: 1e-46)
  },
  .init("BatchNorm: ε must be positive and finite, got 1e-46, which is 0.0 in Float") {
    _ = BatchNorm<Float>(channels: 2, epsilon: 1e-46)
  },
  .init("BatchNorm: the momentum must be at least 0 and at most 1, got 1e-08, which leaves 1") {
    _ = BatchNorm<Float>(channels: 2, momentum: 1e-8)
  },
  .init("multiclassHinge: the margin must be finite, got 1e-46, which is 0.0 in Float") {
    _ = multiclassHinge(Tensor<Float>.zeros([1, 2]), [0], margin: 1e-46)
  },
  .init("LayerNorm: ε must be positive and finite, got 1e-46, which is 0.0 in Float") {
    _ = LayerNorm<Float>(size: 2, epsilon: 1e-46)
  },
  .init("huber: delta must be positive and finite, got 1e-46, which is 0.0 in Float") {
    _ = huber(pair, pair, delta: 1e-46)
  },
  .init("huber: delta must be positive and finite, got 1e-46, which is 0.0 in Float") {
    _ = huber(pair, pair, delta: 1e-46, reduction: .perSample)
  },
  .init("smoothL1: beta must be 0 or positive and finite, got 1e-46, which is 0.0 in Float") {
    _ = smoothL1(pair, pair, beta: 1e-46)
  },
  .init("SGD: the learning rate must be 0 or positive and finite, got 1e-46, which is 0.0 in") {
    _ = SGD(for: float, learningRate: 1e-46)
  },
  .init("Adagrad: the initial sum must be 0 or positive and finite, got 1e-46, which is 0.0 in") {
    _ = Adagrad(for: float, initialSum: 1e-46)
  },
  .init("Adam: β₂ must be at least 0 and below 1, got 0.99999999, which is 1.0 in Float") {
    _ = Adam(for: float, beta2: 0.999_999_99)
  },
  .init("MovingAverage: 1 − decay must be at least 0 and at most 1, got") {
    _ = MovingAverage(of: float, decay: 1 - 1e-8)
  },
  .init("RMSProp: α must be at least 0 and at most 1, got 0.99999999, which is 1.0 in Float") {
    _ = RMSProp(for: float, alpha: 0.999_999_99)
  },
]

private let outOfRange: [RefusedSetting] = [
  .init("Adam: ε must be positive and finite, got 0.0") { _ = Adam(for: double, epsilon: 0) },
  .init("AdamW: ε must be positive and finite, got 0.0") { _ = AdamW(for: float, epsilon: 0) },
  .init("RMSProp: ε must be positive and finite, got inf") {
    _ = RMSProp(for: double, epsilon: .infinity)
  },
  .init("Adagrad: ε must be positive and finite, got nan") {
    _ = Adagrad(for: float, epsilon: .nan)
  },
  .init("BatchNorm: ε must be positive and finite, got 0.0") {
    _ = BatchNorm<Double>(channels: 2, epsilon: 0)
  },
  .init("LayerNorm: ε must be positive and finite, got 0.0") {
    _ = LayerNorm<Float>(size: 2, epsilon: 0)
  },
  .init("SGD: the learning rate must be 0 or positive and finite, got 1e+39, which is inf") {
    _ = SGD(for: float, learningRate: 1e39)
  },
  .init("SGD: the momentum must be 0 or positive and finite, got inf") {
    _ = SGD(for: double, learningRate: 1, momentum: .infinity)
  },
  .init("SGD: Nesterov's form needs a momentum") {
    _ = SGD(for: double, learningRate: 1, nesterov: true)
  },
  .init("AdamW: the weight decay must be 0 or positive and finite, got inf") {
    _ = AdamW(for: double, weightDecay: .infinity)
  },
  .init("AdamW: β₁ must be at least 0 and below 1, got 1.0") { _ = AdamW(for: double, beta1: 1) },
  .init("Adagrad: the decay of the learning rate must be 0 or positive and finite, got -1.0") {
    _ = Adagrad(for: double, learningRateDecay: -1)
  },
  .init("huber: delta must be positive and finite, got 0.0") {
    _ = huber(pair, pair, delta: 0)
  },
  .init("smoothL1: beta must be 0 or positive and finite, got -1.0") {
    _ = smoothL1(pair, pair, beta: -1, reduction: .perSample)
  },
  .init("multiclassHinge: the margin must be finite, got nan") {
    _ = multiclassHinge(Tensor<Float>.zeros([1, 2]), [0], margin: .nan)
  },
  .init("LeakyReLU: the slope must be finite, got nan") { _ = LeakyReLU<Float>(slope: .nan) },
  .init("ELU: α must be 0 or positive and finite, got inf") { _ = ELU<Double>(alpha: .infinity) },
  .init("Dropout: the probability must be at least 0 and at most 1, got nan") {
    _ = Dropout<Float>(probability: .nan)
  },
  .init("BatchNorm: the momentum must be at least 0 and at most 1, got nan") {
    _ = BatchNorm<Float>(channels: 1, momentum: .nan)
  },
  .init("ConstantSchedule: the learning rate must be 0 or positive and finite, got -1.0") {
    _ = ConstantSchedule(-1)
  },
  .init("StepSchedule: the learning rate must be 0 or positive and finite, got nan") {
    _ = StepSchedule(.nan, every: 1)
  },
  .init("StepSchedule: the factor must be 0 or positive and finite, got -0.5") {
    _ = StepSchedule(1, every: 1, factor: -0.5)
  },
  .init("CosineSchedule: the minimum must be 0 or positive and finite, got nan") {
    _ = CosineSchedule(1, steps: 3, minimum: .nan)
  },
  .init("WarmupSchedule: the start must be 0 or positive and finite, got -1.0") {
    _ = WarmupSchedule(steps: 3, from: -1, then: ConstantSchedule(1))
  },
  .init("MovingAverage: the decay must be at least 0 and below 1, got 1.0") {
    _ = MovingAverage(of: double, decay: 1)
  },
  .init("ReduceOnPlateau: the learning rate must be 0 or positive and finite, got -1.0") {
    _ = ReduceOnPlateau(-1)
  },
  .init("ReduceOnPlateau: the factor must be at least 0 and below 1, got 1.0") {
    _ = ReduceOnPlateau(1, factor: 1)
  },
  .init("ReduceOnPlateau: the patience must not be negative, it is -1") {
    _ = ReduceOnPlateau(1, patience: -1)
  },
  .init("ReduceOnPlateau: the relative threshold must be at least 0 and below 1, got 1.0") {
    _ = ReduceOnPlateau(1, threshold: .relative(1))
  },
  .init("ReduceOnPlateau: the cooldown must not be negative, it is -2") {
    _ = ReduceOnPlateau(1, cooldown: -2)
  },
  .init("ReduceOnPlateau: the minimum must be 0 or positive and finite, got nan") {
    _ = ReduceOnPlateau(1, minimum: .nan)
  },
  .init("ReduceOnPlateau: the smallest change must be 0 or positive and finite, got -1.0") {
    _ = ReduceOnPlateau(1, smallestChange: -1)
  },
  .init("EarlyStopping: the patience must be positive, it is 0") {
    _ = EarlyStopping(patience: 0)
  },
  .init("EarlyStopping: the absolute threshold must be 0 or positive and finite, got inf") {
    _ = EarlyStopping(patience: 1, threshold: .absolute(.infinity))
  },
  .init("TopKAccuracy: k must be positive, it is 0") { _ = TopKAccuracy(0) },
  .init("ConfusionMatrix: the number of classes must be positive, got 0") {
    _ = ConfusionMatrix(classes: 0)
  },
  .init("glorotNormal: the gain must be finite, got nan") {
    _ = Initializer.glorotNormal(gain: .nan)
  },
  .init("heUniform: the slope must be finite, got inf") {
    _ = Initializer.heUniform(slope: .infinity)
  },
  .init("orthogonal: the gain must be finite, got nan") {
    _ = Initializer.orthogonal(gain: .nan)
  },
]

private let setters: [RefusedSetting] = [
  .init("SGD: the learning rate must be 0 or positive and finite, got nan") {
    var optimizer = SGD(for: float, learningRate: 1)
    optimizer.learningRate = .nan
  },
  .init("SGD: the momentum must be 0 or positive and finite, got -0.5") {
    var optimizer = SGD(for: float, learningRate: 1)
    optimizer.momentum = -0.5
  },
  .init("SGD: Nesterov's form needs a momentum") {
    var optimizer = SGD(for: float, learningRate: 1, momentum: 0.5, nesterov: true)
    optimizer.momentum = 0
  },
  .init("SGD: the weight decay must be 0 or positive and finite, got nan") {
    var optimizer = SGD(for: float, learningRate: 1)
    optimizer.weightDecay = .nan
  },
  .init("Adam: the learning rate must be 0 or positive and finite, got inf") {
    var optimizer = Adam(for: double)
    optimizer.learningRate = .infinity
  },
  .init("Adam: the weight decay must be 0 or positive and finite, got -1.0") {
    var optimizer = Adam(for: double)
    optimizer.weightDecay = -1
  },
  .init("AdamW: the learning rate must be 0 or positive and finite, got 1e+39, which is inf") {
    var optimizer = AdamW(for: float)
    optimizer.learningRate = 1e39
  },
  .init("AdamW: the weight decay must be 0 or positive and finite, got nan") {
    var optimizer = AdamW(for: float)
    optimizer.weightDecay = .nan
  },
  .init("RMSProp: the learning rate must be 0 or positive and finite, got -1.0") {
    var optimizer = RMSProp(for: float)
    optimizer.learningRate = -1
  },
  .init("RMSProp: the momentum must be 0 or positive and finite, got nan") {
    var optimizer = RMSProp(for: float)
    optimizer.momentum = .nan
  },
  .init("RMSProp: the weight decay must be 0 or positive and finite, got inf") {
    var optimizer = RMSProp(for: float)
    optimizer.weightDecay = .infinity
  },
  .init("Adagrad: the learning rate must be 0 or positive and finite, got nan") {
    var optimizer = Adagrad(for: float)
    optimizer.learningRate = .nan
  },
  .init("Adagrad: the weight decay must be 0 or positive and finite, got nan") {
    var optimizer = Adagrad(for: float)
    optimizer.weightDecay = .nan
  },
  .init("Adam: the learning rate must be 0 or positive and finite, got nan") {
    var optimizer: any Optimizer<Float> = Adam(for: float)
    optimizer.learningRate = .nan
  },
  .init("BatchNorm: the momentum must be at least 0 and at most 1, got nan") {
    var layer = BatchNorm<Float>(channels: 1)
    layer.momentum = .nan
  },
]

private let refused = vanishing + outOfRange + setters

@Suite struct `A setting` {
  @Test(arguments: refused.indices)
  func `that means nothing or vanishes when rounded stops with its name and figure`(
    index: Int
  ) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index] in refused[index].apply()
    }
    let message = stopMessage(result)
    #expect(message.contains(refused[index].message), "\(message)")
  }

  @Test func `at the bound of its range is accepted`() {
    let least = Double(Float.leastNonzeroMagnitude)
    #expect(Adam(for: float, epsilon: least).epsilon == least)
    #expect(Adam(for: double, epsilon: 1e-46).epsilon == 1e-46)
    #expect(SGD(for: float, learningRate: 0, momentum: 1).momentum == 1)
    #expect(RMSProp(for: float, alpha: 1).alpha == 1)
    #expect(smoothL1(pair, pair + 1, beta: 0).loss == 1)
    var random = RandomSource(seed: 1)
    let silent: Tensor<Float> = Initializer.glorotUniform(gain: 0)([2, 2], using: &random)
    #expect(silent == .zeros([2, 2]))
    // The rate of a schedule can round to 0. The parameters do not change then.
    var optimizer = SGD(for: float, learningRate: 1)
    optimizer.learningRate = 1e-60
    var model = OneParameter<Float>(value: pair)
    optimizer.update(&model, along: OneParameter(value: pair))
    #expect(model.value == pair)
  }
}
