import Backflow
import TestSupport
import Testing

@Suite("A trainer of a network with state") struct TrainerStateTests {
  private typealias Network = Trainer<Sequential<Float>, Adam<Float>, [Int]>

  /// A text of two symbols with a period of 6, in which one symbol does not say what follows.
  private let tokens = (0..<600).map { [0, 0, 0, 1, 1, 1][$0 % 6] }

  private func trainer(perUpdate: Int = 1) -> Network {
    let (windows, tokens) = (StreamWindows(count: 600, batch: 4, steps: 5, dropsLast: true), tokens)
    let data = TrainingData<Tensor<Float>, [Int]>(
      Batches(count: windows.count, size: 1, shuffles: false)
    ) { indices in
      let window = windows[indices[0]]
      let inputs = window.inputs(of: tokens).map { Float($0) }
      return (Tensor(inputs, shape: window.shape), window.targets(of: tokens))
    }
    var random = RandomSource(seed: 5)
    let model = Sequential<Float> {
      Embedding(count: 2, size: 4, using: &random)
      StatefulRecurrent(GRU(inputSize: 4, hiddenSize: 8, using: &random), batch: 4)
      Dense(inputSize: 8, outputSize: 2, using: &random)
    }
    var trainer = Trainer(
      model, on: data, optimizer: Adam(for: model, learningRate: 0.02)
    ) { softmaxCrossEntropy($0, $1) }
    trainer.batchesPerUpdate = perUpdate
    return trainer
  }

  @Test(arguments: [1, 3]) func `carries the state from batch to batch`(perUpdate: Int) throws {
    var trainer = trainer(perUpdate: perUpdate)
    try trainer.fit(epochs: 1)

    let start = self.trainer()
    var (model, optimizer) = (start.model, start.optimizer)
    var random = RandomSource(seed: 0)
    let order = Array(start.data.batches.epoch(0))
    for first in stride(from: 0, to: order.count, by: perUpdate) {
      var sum = GradientAccumulator<Sequential<Float>>()
      for indices in order[first..<min(first + perUpdate, order.count)] {
        let (x, labels) = try start.data.batch(0, indices)
        let (logits, cache) = model.forward(x, .training(seed: random.next()))
        sum.add(
          model.backward(softmaxCrossEntropy(logits, labels).gradient, cache).gradients, weight: 1)
        model.updateBuffers(from: cache)
      }
      let gradients = sum.takeMean()
      optimizer.update(&model, along: gradients)
    }
    #expect(try bits(trainer.model) == bits(model))
  }

  @Test func `shows the monitor the passes from where they began`() throws {
    var trainer = trainer(perUpdate: 2)
    trainer.monitor = HealthMonitor(every: 1)
    try trainer.fit(epochs: 4)
    // A pass from another state has another loss, and would look like a wrong gradient.
    #expect(trainer.monitor?.findings.filter { $0.severity > .note } == [])
    var alone = self.trainer(perUpdate: 2)
    try alone.fit(epochs: 4)
    #expect(try bits(trainer.model) == bits(alone.model))
  }

  @Test func `resumes in the middle of an epoch with the same bits`() throws {
    var (whole, first, second) = (trainer(), trainer(), trainer())
    try whole.fit(epochs: 2)
    try first.fit(epochs: 2) { trainer, _ in trainer.optimizer.step == 11 ? .stop : .proceed }
    try second.restore(first.checkpoint())
    try second.fit(epochs: 2)
    #expect(try bits(second.model) == bits(whole.model))
  }

  @Test func `draws other batches in each epoch, and stops before an update without one`() throws {
    struct Lost: Error {}
    let data = TrainingData<Tensor<Float>, Tensor<Float>>(
      Batches(count: 4, size: 2, shuffles: false),
      byEpoch: { epoch, indices in
        if epoch == 2 && indices[0] == 2 { throw Lost() }
        var random = RandomSource(seed: UInt64(10 * epoch + indices[0]))
        return (random.normal([2, 3]), random.normal([2, 1]))
      })
    var random = RandomSource(seed: 1)
    let model = Dense<Float>(inputSize: 3, outputSize: 1, using: &random)
    var trainer = Trainer(model, on: data, optimizer: SGD(for: model, learningRate: 0.1)) {
      meanSquaredError($0, $1)
    }
    var losses: [Double] = []
    #expect(throws: Lost.self) {
      try trainer.fit(epochs: 4) { _, event in
        if case .update(let report) = event { losses.append(report.loss) }
        return .proceed
      }
    }
    #expect(trainer.epoch == 2 && trainer.updatesInEpoch == 1 && Set(losses).count == 5)
  }
}
