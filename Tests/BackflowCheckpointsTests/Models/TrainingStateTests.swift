import Backflow
import Foundation
import TestSupport
import Testing

/// A training of a small layer that draws its data, for each optimizer.
private struct Training<Scalar: RealScalar, Rule: Optimizer<Scalar>> {
  var model: Dense<Scalar>
  var optimizer: Rule
  var random = RandomSource(seed: 11)
  var steps = 0
  let schedule = WarmupSchedule(steps: 3, then: CosineSchedule(0.02, steps: 40))

  init(_ makeOptimizer: (Dense<Scalar>) -> Rule) {
    var random = RandomSource(seed: 5)
    model = Dense(inputSize: 3, outputSize: 2, using: &random)
    optimizer = makeOptimizer(model)
  }

  mutating func run(_ count: Int) {
    for _ in 0..<count {
      optimizer.learningRate = schedule.learningRate(at: optimizer.step)
      let input: Tensor<Scalar> = random.normal([4, 3])
      let (output, cache) = model.forward(input)
      let (_, gradients) = model.backward(output - random.normal([4, 2]), cache)
      optimizer.update(&model, along: gradients)
      steps += 1
    }
  }

  func save(to path: String) throws {
    var checkpoint = try Checkpoint(model, prefix: "model")
    try checkpoint.insert(optimizer, prefix: "optimizer")
    try checkpoint.insert(random, named: "random")
    try checkpoint.insert(steps, named: "steps")
    try checkpoint.write(to: path)
  }

  mutating func resume(from path: String) throws {
    let checkpoint = try Checkpoint(contentsOf: path)
    try model.load(checkpoint, prefix: "model")
    try optimizer.load(checkpoint, prefix: "optimizer")
    random = try checkpoint.randomSource(named: "random")
    steps = try checkpoint.integer(named: "steps")
  }
}

@Suite struct `A training resumed from a file` {
  /// Compares 20 steps with 9 steps, a save, a new start, a load and 11 steps.
  private func check<S: RealScalar, Rule: Optimizer<S>>(
    sourceLocation: SourceLocation = #_sourceLocation, _ makeOptimizer: (Dense<S>) -> Rule
  ) throws {
    let directory = try TemporaryDirectory()
    var whole = Training(makeOptimizer)
    whole.run(20)
    var first = Training(makeOptimizer)
    first.run(9)
    try first.save(to: directory.file("run.safetensors"))
    var second = Training(makeOptimizer)
    try second.resume(from: directory.file("run.safetensors"))
    #expect(second.optimizer.step == 9 && second.steps == 9, sourceLocation: sourceLocation)
    #expect(second.optimizer.learningRate == first.optimizer.learningRate)
    try second.save(to: directory.file("again.safetensors"))
    #expect(
      try bytes(of: directory.file("run.safetensors"))
        == bytes(of: directory.file("again.safetensors")), sourceLocation: sourceLocation)
    second.run(11)
    #expect(second.model.weight == whole.model.weight, sourceLocation: sourceLocation)
    #expect(second.model.bias == whole.model.bias, sourceLocation: sourceLocation)
    #expect(second.optimizer.state == whole.optimizer.state, sourceLocation: sourceLocation)
    #expect(second.random.state == whole.random.state, sourceLocation: sourceLocation)
    #expect(second.steps == 20, sourceLocation: sourceLocation)
  }

  private func checkAll<S: RealScalar>(_: S.Type) throws {
    try check { (model: Dense<S>) in SGD(for: model, learningRate: 0.1) }
    try check { (model: Dense<S>) in SGD(for: model, learningRate: 0.1, momentum: 0.9) }
    try check { (model: Dense<S>) in Adam(for: model, weightDecay: 0.01) }
    try check { (model: Dense<S>) in AdamW(for: model) }
    try check { (model: Dense<S>) in RMSProp(for: model, learningRate: 0.01) }
    try check { (model: Dense<S>) in Adagrad(for: model, learningRate: 0.01) }
  }

  @Test func `continues with the same bits in single precision`() throws {
    try checkAll(Float.self)
  }

  @Test func `continues with the same bits in double precision`() throws {
    try checkAll(Double.self)
  }

  @Test func `rejects the state of another optimizer and changes nothing`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("run.safetensors")
    var training = Training { (model: Dense<Float>) in Adam(for: model) }
    training.run(2)
    try training.save(to: path)
    var other = SGD(for: training.model, learningRate: 0.5, momentum: 0.9)
    let before = other.state
    #expect(throws: CheckpointError.self) {
      try other.load(Checkpoint(contentsOf: path), prefix: "optimizer")
    }
    #expect(other.state == before && other.learningRate == 0.5)

    var checkpoint = try Checkpoint(contentsOf: path)
    for rate in [-1, .nan, .infinity, 1e300] {
      checkpoint["optimizer.learning_rate"] = StoredTensor(Tensor<Double>(scalar: rate))
      #expect(throws: CheckpointError.self) {
        try training.optimizer.load(checkpoint, prefix: "optimizer")
      }
    }
    checkpoint["random"] = StoredTensor([UInt64](repeating: 0, count: 4), shape: [4])
    #expect(throws: CheckpointError.self) { try checkpoint.randomSource(named: "random") }
    #expect(throws: CheckpointError.self) { try checkpoint.integer(named: "random") }
    #expect(throws: CheckpointError.self) { try checkpoint.integer(named: "nothing") }
    #expect(throws: CheckpointError.self) { try checkpoint.insert(1, named: "steps") }
  }
}
