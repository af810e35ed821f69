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
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let (modelPath, statePath) = (
      folder.appendingPathComponent("model").path, folder.appendingPathComponent("optimizer").path
    )
    let schedule = WarmupSchedule(steps: 2, from: 0.5, then: CosineSchedule(0.1, steps: 5))

    var (model, optimizer) = (start, make(start))
    func step(_ gradient: Dense<Float>) {
      optimizer.learningRate = schedule.learningRate(at: optimizer.step)
      optimizer.update(&model, along: gradient)
    }
    for gradient in gradients.prefix(3) { step(gradient) }
    try Checkpoint(model).writeDirectory(to: modelPath)
    try Checkpoint(optimizer.state).writeDirectory(to: statePath)
    for gradient in gradients.suffix(3) { step(gradient) }
    let (expected, expectedState) = (model, optimizer.state)

    (model, optimizer) = (start, make(start))
    try model.load(Checkpoint(contentsOf: modelPath))
    var state = optimizer.state
    try state.load(Checkpoint(contentsOf: statePath))
    try optimizer.restore(state)
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
    #expect(names == ["step", "exp_avg.value", "exp_avg_sq.value"])
  }

  @Test(arguments: [0, 1, 1 << 24, (1 << 24) + 1, 5_000_000_000])
  func `counts steps beyond the whole numbers of a float`(step: Int) {
    #expect(OptimizerState<Float>(step: step, []).step == step)
    #expect(OptimizerState<Double>(step: step, []).step == step)
  }

  @Test(arguments: [-1, 0.5, 16_777_216, Double.nan, .infinity])
  func `refuses what is no number of steps`(digit: Double) {
    for place in 0..<2 {
      var optimizer = SGD(for: OneParameter<Double>(value: .zeros([2])), learningRate: 1)
      var state = optimizer.state
      state.visitParameters { name, tensor in
        if name == "step" { tensor[place] = digit }
      }
      #expect(state.step == nil)
      #expect(throws: OptimizerStateError.noStep) { try optimizer.restore(state) }
    }
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
