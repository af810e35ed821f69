import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `An optimizer's state` {
  /// Six steps, once in one run and once with the state saved and restored after three of them.
  private func checkResuming<Rule: Optimizer<Float>>(_ make: (Dense<Float>) -> Rule) throws {
    var random = RandomSource(seed: 12)
    let start = Dense<Float>(inputSize: 5, outputSize: 3, using: &random)
    let gradients = (0..<6).map { _ in
      Dense<Float>(weight: random.normal([3, 5]), bias: random.normal([3]))
    }
    let directory = try TemporaryDirectory()
    let path = directory.file("run.safetensors")
    let schedule = WarmupSchedule(steps: 2, from: 0.5, then: CosineSchedule(0.1, steps: 5))

    var (model, optimizer) = (start, make(start))
    func step(_ gradient: Dense<Float>) {
      optimizer.learningRate = schedule.learningRate(at: optimizer.step)
      optimizer.update(&model, along: gradient)
    }
    for gradient in gradients.prefix(3) { step(gradient) }
    var checkpoint = try Checkpoint(model)
    try checkpoint.insert(optimizer, prefix: "optimizer")
    try checkpoint.write(to: path)
    for gradient in gradients.suffix(3) { step(gradient) }
    let (expected, expectedState) = (model, optimizer.state)

    (model, optimizer) = (start, make(start))
    let saved = try Checkpoint(contentsOf: path)
    try model.load(saved, strict: false)
    try optimizer.load(saved, prefix: "optimizer")
    #expect(optimizer.step == 3)
    for gradient in gradients.suffix(3) { step(gradient) }
    #expect(bits(model) == bits(expected), "\(Rule.self)")
    #expect(bits(optimizer.state) == bits(expectedState), "\(Rule.self)")
    #expect(optimizer.state == expectedState && optimizer.step == 6)
  }

  private func bits(_ model: some Parameterized<Float>) -> [[UInt32]] {
    model.namedParameters.map { $0.value.elements.map(\.bitPattern) }
  }

  @Test func `continues a run with the same bits after it is saved and restored`() throws {
    try checkResuming { SGD(for: $0, learningRate: 1, momentum: 0.9, weightDecay: 0.01) }
    try checkResuming { SGD(for: $0, learningRate: 1, momentum: 0.9, nesterov: true) }
    try checkResuming { RMSProp(for: $0, momentum: 0.5, weightDecay: 0.01) }
    try checkResuming { Adagrad(for: $0, learningRateDecay: 0.1, initialSum: 0.1) }
    try checkResuming { Adam(for: $0, weightDecay: 0.01) }
    try checkResuming { AdamW(for: $0) }
  }

  @Test func `has PyTorch's names`() {
    let model = OneParameter<Float>(value: .zeros([2]))
    let names = Adam(for: model).state.namedParameters.map(\.name)
    #expect(names == ["exp_avg.value", "exp_avg_sq.value"])
  }

  @Test(arguments: [-1, Int.min, 1 << 53, .max])
  func `refuses a number of steps that is out of range`(found: Int) {
    var optimizer = SGD(for: OneParameter<Double>(value: .zeros([2])), learningRate: 1)
    var state = optimizer.state
    state.visitCounters { _, step in step = found }
    #expect(throws: OptimizerStateError.stepOutOfRange(found)) { try optimizer.restore(state) }
  }

  @Test func `of another optimizer or model is rejected without changes`() throws {
    let model = OneParameter<Float>(value: .zeros([2]))
    var optimizer = Adam(for: model)
    let before = optimizer.state
    #expect(
      throws: OptimizerStateError.otherTensors(
        expected: ["exp_avg.value", "exp_avg_sq.value"], found: ["sum.value"])
    ) { try optimizer.restore(Adagrad(for: model).state) }
    #expect(
      throws: OptimizerStateError.otherShape(name: "exp_avg.value", expected: [2], found: [3])
    ) { try optimizer.restore(Adam(for: OneParameter<Float>(value: .zeros([3]))).state) }
    #expect(optimizer.state == before)
  }

  @Test func `stops the program for another model`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var optimizer = Adam(for: OneParameter<Float>(value: .zeros([2])))
      var other = OneParameter<Float>(value: .zeros([3]))
      optimizer.update(&other, along: other)
    }
    let message = stopMessage(result)
    #expect(message.contains("value of shape [2], the model has value of shape [3]"))
  }
}
