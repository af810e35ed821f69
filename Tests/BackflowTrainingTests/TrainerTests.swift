import Backflow
import TestSupport
import Testing

@Suite("A trainer") struct TrainerTests {
  private let digits: Digits
  private let heldOut: Digits
  private let data: TrainingData<Tensor<Float>, [Int]>

  init() throws {
    let split = try Digits.load().split
    digits = split.training.samples(at: Array(0..<200))
    heldOut = split.heldOut
    data = TrainingData(
      digits.images.reshaped(to: [200, 64]), labels: digits.labels,
      Batches(count: 200, size: 32, seed: 4))
  }

  private typealias Network = Trainer<Sequential<Float>, Adam<Float>, [Int]>

  private func trainer() -> Network {
    var random = RandomSource(seed: 3)
    let model = Sequential<Float> {
      Dense(inputSize: 64, outputSize: 24, using: &random)
      BatchNorm(channels: 24)
      ReLU()
      Dropout(probability: 0.2)
      Dense(inputSize: 24, outputSize: 10, using: &random)
    }
    return Trainer(
      model, on: data, optimizer: Adam(for: model, learningRate: 0.003), seed: 8
    ) {
      softmaxCrossEntropy($0, $1)
    }
  }

  private var validation: (Sequential<Float>) -> Double {
    let (x, labels) = (heldOut.images.reshaped(to: [heldOut.labels.count, 64]), heldOut.labels)
    return { Double(softmaxCrossEntropy($0(x), labels).loss) }
  }

  @Test func `does what the plain loop does, bit for bit`() throws {
    var trainer = trainer()
    trainer.maximumNorm = 0.5
    trainer.schedule = CosineSchedule(0.003, steps: 21)
    try trainer.fit(epochs: 3)

    let start = self.trainer()
    var (model, optimizer, random) = (start.model, start.optimizer, RandomSource(seed: 8))
    let schedule = CosineSchedule(0.003, steps: 21)
    for epoch in 0..<3 {
      for indices in data.batches.epoch(epoch) {
        let (x, labels) = try data.batch(epoch, indices)
        let (logits, cache) = model.forward(x, .training(seed: random.next()))
        var (_, gradients) = model.backward(softmaxCrossEntropy(logits, labels).gradient, cache)
        try clipGradientNorm(&gradients, to: 0.5)
        optimizer.learningRate = schedule.learningRate(at: optimizer.step)
        optimizer.update(&model, along: gradients)
        model.updateBuffers(from: cache)
      }
    }
    #expect(try bits(trainer.model) == bits(model))
    #expect(trainer.optimizer.step == 21 && trainer.epoch == 3)
  }

  @Test func `reports every update and every epoch`() throws {
    var trainer = trainer()
    trainer.maximumNorm = 1
    var (updates, epochs) = ([UpdateReport](), [EpochReport]())
    let end = try trainer.fit(epochs: 2) { _, event in
      switch event {
      case .update(let report): updates.append(report)
      case .epoch(let report): epochs.append(report)
      }
      return .proceed
    } validation: {
      validation($0)
    }
    #expect(end == .finished)
    #expect(updates.map(\.step) == Array(1...14) && epochs.map(\.step) == [7, 14])
    #expect(updates.map(\.epoch) == Array(repeating: 0, count: 7) + Array(repeating: 1, count: 7))
    #expect(updates.allSatisfy { $0.gradientNorm > 0 && $0.learningRate == 0.003 })
    // The last batch has 8 of the 200 samples.
    let sizes = [32.0, 32, 32, 32, 32, 32, 8]
    let mean = zip(updates, sizes).reduce(0) { $0 + $1.0.loss * $1.1 } / 200
    expectClose([epochs[0].loss], [mean], Tolerance(1e-12, scale: 1))
    #expect(updates[6].epochLoss == epochs[0].loss)
    #expect(epochs[1].validation == validation(trainer.model))
  }

  @Test(arguments: [1, 5, 7, 9, 14, 20])
  func `continues a saved training with the same bits`(stop: Int) throws {
    func configured() -> Network {
      var trainer = trainer()
      trainer.average = MovingAverage(of: trainer.model, decay: 0.9)
      trainer.plateau = ReduceOnPlateau(0.003, factor: 0.5, patience: 1)
      trainer.earlyStopping = EarlyStopping(patience: 50)
      trainer.batchesPerUpdate = 2
      return trainer
    }
    var whole = configured()
    var reports: [EpochReport] = []
    try whole.fit(epochs: 6) { _, event in
      if case .epoch(let report) = event { reports.append(report) }
      return .proceed
    } validation: {
      validation($0)
    }

    var first = configured()
    var again: [EpochReport] = []
    func respond(_ trainer: inout Network, _ event: TrainingEvent) -> TrainingFlow {
      switch event {
      case .epoch(let report): again.append(report)
      case .update(let report): if report.step == stop { return .stop }
      }
      return .proceed
    }
    #expect(try first.fit(epochs: 6, onEvent: respond, validation: validation) == .stopped)
    var second = configured()
    try second.restore(first.checkpoint())
    #expect(try second.fit(epochs: 6, onEvent: respond, validation: validation) == .finished)
    #expect(again == reports)
    #expect(try bits(second.checkpoint()) == bits(whole.checkpoint()))
  }

  @Test func `takes the mean gradient of several batches`() throws {
    var random = RandomSource(seed: 1)
    let model = Sequential<Float> { Dense(inputSize: 64, outputSize: 10, using: &random) }
    func trained(size: Int, perUpdate: Int) throws -> Tensor<Float> {
      let data = TrainingData(
        digits.images.reshaped(to: [200, 64]), labels: digits.labels,
        Batches(count: 200, size: size, seed: 4))
      var trainer = Trainer(model, on: data, optimizer: SGD(for: model, learningRate: 0.1)) {
        softmaxCrossEntropy($0, $1)
      }
      trainer.batchesPerUpdate = perUpdate
      try trainer.fit(epochs: 2)
      return trainer.model.namedParameters[0].value
    }
    let (large, small) = (try trained(size: 48, perUpdate: 1), try trained(size: 16, perUpdate: 3))
    expectClose(
      small.elements.map(Double.init), large.elements.map(Double.init),
      Tolerance(Float.self, length: 48 * 10, scale: 0.1))
  }

  @Test func `ends when the validation does not improve, and keeps the best model`() throws {
    var trainer = trainer()
    trainer.earlyStopping = EarlyStopping(patience: 2)
    var measurements = [3.0, 1, 2, 2, 0].makeIterator()
    var models: [ModelBits] = []
    let end = try trainer.fit(
      epochs: 10,
      validation: { model in
        models.append(try bits(model))
        return measurements.next() ?? .nan
      })
    #expect(end == .noImprovement && trainer.epoch == 4)
    #expect(try bits(trainer.bestModel) == models[1])
    #expect(models[1] != models[3])
    #expect(try trainer.fit(epochs: 10, validation: validation) == .noImprovement)
    #expect(trainer.epoch == 4)
  }

  @Test func `shows its updates to a monitor`() throws {
    var trainer = trainer()
    trainer.monitor = HealthMonitor(every: 3)
    trainer.classes = 10
    trainer.maximumNorm = 1
    try trainer.fit(epochs: 2)
    #expect(trainer.monitor?.observations == 5)
    #expect(trainer.monitor?.opaqueLayers == [])
    #expect((trainer.monitor?.agreeingParameterCount ?? 0) > 0)

    var unobserved = self.trainer()
    unobserved.maximumNorm = 1
    try unobserved.fit(epochs: 2)
    #expect(try bits(unobserved.model) == bits(trainer.model))
  }

  /// A trainer whose second update has a loss or a gradient that is not finite.
  private func failing(lossFails: Bool) -> Network {
    let model = trainer().model
    return Trainer(model, on: data, optimizer: Adam(for: model), seed: 8) { output, labels in
      var (loss, gradient) = softmaxCrossEntropy(output, labels)
      // The batch that has the last sample.
      if labels == (try? data.batch(0, data.batches.epoch(0)[1]))?.target {
        if lossFails { loss = .infinity } else { gradient[0, 0] = .nan }
      }
      return (loss, gradient)
    }
  }

  @Test(arguments: [true, false])
  func `stops at a loss or gradient that is not finite, as it was before the update`(
    lossFails: Bool
  ) throws {
    var trainer = failing(lossFails: lossFails)
    trainer.monitor = HealthMonitor(every: 100)
    var before: ModelBits?
    let error = #expect(throws: DivergenceError.self) {
      try trainer.fit(epochs: 1) { trainer, _ in
        before = try bits(trainer.checkpoint())
        return .proceed
      }
    }
    #expect(error?.epoch == 0 && error?.step == 1)
    #expect(
      error?.description.hasPrefix("the training diverged in epoch 0, after 1 updates") == true)
    #expect(try bits(trainer.checkpoint()) == before)
    #expect(trainer.monitor?.findings.isEmpty == false)
  }

  @Test func `goes back to a checkpoint, also with a monitor and in the middle of an epoch`() throws
  {
    var whole = trainer()
    try whole.fit(epochs: 3)

    var trainer = trainer()
    trainer.monitor = HealthMonitor(every: 2)
    var (saved, hasGoneBack) = (Checkpoint(), false)
    try trainer.fit(epochs: 3) { trainer, event in
      guard case .update(let report) = event else { return .proceed }
      if report.step == 4 { saved = try trainer.checkpoint() }
      if report.step == 12 && !hasGoneBack {
        try trainer.restore(saved)
        hasGoneBack = true
      }
      return .proceed
    }
    #expect(hasGoneBack)
    #expect(try bits(trainer.checkpoint()) == bits(whole.checkpoint()))
    #expect((trainer.monitor?.observations ?? 0) == 9)
  }

  @Test func `refuses a checkpoint of other batches or settings`() throws {
    var trainer = trainer()
    let checkpoint = try trainer.checkpoint()
    trainer.batchesPerUpdate = 2
    let batches = #expect(throws: CheckpointError.self) { try trainer.restore(checkpoint) }
    #expect(
      batches?.description
        == "the checkpoint, batches_per_update: expected 2, as in this training, found 1")
    trainer.batchesPerUpdate = 1
    trainer.average = MovingAverage(of: trainer.model, decay: 0.9)
    let averaged = try trainer.checkpoint()
    trainer.average = nil
    #expect(throws: CheckpointError.self) { try trainer.restore(averaged) }
    try trainer.restore(checkpoint)
  }

  @Test func `stops the program for settings that are meaningless`() async {
    func message(_ result: ExitTest.Result?) -> String { stopMessage(result) }
    let norm = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var trainer = try TrainerTests().trainer()
      trainer.maximumNorm = 0
    }
    #expect(
      message(norm).contains("Trainer: the maximum norm must be positive and finite, got 0.0"))
    let validation = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var trainer = try TrainerTests().trainer()
      trainer.earlyStopping = EarlyStopping(patience: 1)
      try trainer.fit(epochs: 1)
    }
    #expect(message(validation).contains("a plateau and early stopping need a validation"))
    let batches = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var trainer = try TrainerTests().trainer()
      trainer.batchesPerUpdate = 0
    }
    #expect(message(batches).contains("Trainer: 0 batches for one update"))
  }

  @Test func `refuses the checkpoint of another training, and changes nothing`() throws {
    var trainer = trainer()
    try trainer.fit(epochs: 1)
    let before = try bits(trainer.checkpoint())
    var damaged = try self.trainer().checkpoint()
    damaged["epoch"] = StoredTensor([Int64(-1)], shape: [])
    #expect(throws: CheckpointError.self) { try trainer.restore(damaged) }
    #expect(throws: CheckpointError.self) { try trainer.restore(Checkpoint()) }
    #expect(try bits(trainer.checkpoint()) == before)
  }
}
