import Backflow
import TestSupport
import Testing

/// An optimizer with the settings of the case with the same name in pytorch_losses_optimizers.py.
struct OptimizerCase: CustomStringConvertible, Sendable {
  let name: String
  let make: @Sendable (OneParameter<Double>) -> any Optimizer<Double>

  var description: String { name }

  init(_ name: String, _ make: @escaping @Sendable (OneParameter<Double>) -> any Optimizer<Double>)
  {
    (self.name, self.make) = (name, make)
  }

  static let all: [OptimizerCase] = [
    OptimizerCase("sgd") { SGD(for: $0, learningRate: 0.1) },
    OptimizerCase("sgd_momentum_decay") {
      SGD(for: $0, learningRate: 0.1, momentum: 0.9, weightDecay: 0.05)
    },
    OptimizerCase("sgd_nesterov_decay") {
      SGD(for: $0, learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.05)
    },
    OptimizerCase("rmsprop") { RMSProp(for: $0, learningRate: 0.01) },
    OptimizerCase("rmsprop_momentum_decay") {
      RMSProp(
        for: $0, learningRate: 0.01, alpha: 0.9, epsilon: 1e-4, momentum: 0.8, weightDecay: 0.1)
    },
    OptimizerCase("adagrad") { Adagrad(for: $0, learningRate: 0.1) },
    OptimizerCase("adagrad_decays") {
      Adagrad(
        for: $0, learningRate: 0.1, learningRateDecay: 0.2, epsilon: 1e-6, weightDecay: 0.1,
        initialSum: 0.5)
    },
    OptimizerCase("adam") { Adam(for: $0, learningRate: 0.01) },
    OptimizerCase("adam_decay") {
      Adam(
        for: $0, learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.1)
    },
    OptimizerCase("adamw") {
      AdamW(
        for: $0, learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.2)
    },
  ]
}

@Suite struct `Optimizers and PyTorch` {
  @Test func `have the same cases`() throws {
    #expect(try FixtureFolder.cases(of: "optimizers") == Set(OptimizerCase.all.map(\.name)))
  }

  @Test(arguments: OptimizerCase.all)
  func `agree to 1e-10 after every step, and so do their states`(optimizer: OptimizerCase) throws {
    let fixture = FixtureFolder("optimizers/\(optimizer.name)")
    let gradients = try fixture.tensor("gradients")
    var model = OneParameter<Double>(value: try fixture.tensor("start"))
    var rule = optimizer.make(model)
    var parameters: [Tensor<Double>] = []
    for step in 0..<gradients.shape[0] {
      rule.update(&model, along: OneParameter(value: gradients.select(step)))
      parameters.append(model.value)
    }
    try fixture.expect(Tensor.stack(parameters), is: "parameters")
    #expect(rule.step == gradients.shape[0])

    for (name, value) in zip(rule.state.names, rule.state.tensors) {
      // PyTorch has no momentum buffer if the momentum is 0.
      if name.hasPrefix("momentum_buffer") && !optimizer.name.contains("_") { continue }
      try fixture.expect(value, is: String(name.prefix { $0 != "." }))
    }
  }
}

@Suite struct `Schedules and PyTorch` {
  static let all: [String: any Schedule] = [
    "step": StepSchedule(0.3, every: 3, factor: 0.5),
    "cosine": CosineSchedule(0.3, steps: 10, minimum: 0.01),
    "warmup_cosine": WarmupSchedule(steps: 4, from: 0.25, then: CosineSchedule(0.3, steps: 10)),
    "warmup_step": WarmupSchedule(steps: 4, from: 0.25, then: StepSchedule(0.3, every: 2)),
  ]

  @Test func `have the same cases`() throws {
    #expect(try FixtureFolder.cases(of: "schedules") == Set(Self.all.keys))
  }

  @Test func `agree to 1e-10 at every step`() throws {
    for (name, schedule) in Self.all {
      let fixture = FixtureFolder("schedules/\(name)")
      let steps = try fixture.tensor("rates").count
      try fixture.expect(Tensor((0..<steps).map(schedule.learningRate)), is: "rates")
    }
  }
}
