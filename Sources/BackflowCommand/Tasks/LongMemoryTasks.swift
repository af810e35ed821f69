internal import Backflow

extension TaskSettings {
  /// The adding problem, with new sequences in each epoch.
  func adding(batch: Int, seed: UInt64) -> TaskData {
    let (steps, count) = (steps ?? 100, samples ?? 1000)
    let draw: @Sendable (inout RandomSource, Int) -> (Tensor<Float>, Target) = { random, batch in
      let problem = AddingProblem<Float>(steps: steps, batch: batch, using: &random)
      return (problem.sequence, .values(problem.targets))
    }
    return TaskData(
      training: drawn(count, batch, seed, draw), validation: heldOut(batch, seed, draw),
      summary: "\(count) sequences of \(steps) steps in each epoch; a network without memory has a"
        + " mean squared error of \(threeDigits(AddingProblem<Float>.baselineError))",
      inputs: 2, areTokens: false, outputs: 1, preprocessing: Preprocessing(targets: .values(nil)),
      unit: ("sequences", 1))
  }

  /// The copy task, with new sequences in each epoch.
  func copyTask(batch: Int, seed: UInt64) -> TaskData {
    let settings = copy ?? CopySettings(delay: 20, length: 10, symbols: 8)
    let count = samples ?? 1000
    let make: @Sendable (inout RandomSource, Int) -> CopyTask = { random, batch in
      CopyTask(
        delay: settings.delay, batch: batch, length: settings.length,
        symbolCount: settings.symbols, using: &random)
    }
    let draw: @Sendable (inout RandomSource, Int) -> (Tensor<Float>, Target) = { random, batch in
      let task = make(&random, batch)
      return (task.oneHotInputs(), .labels(task.targets))
    }
    var random = RandomSource(seed: 0)
    let one = make(&random, 1)
    return TaskData(
      training: drawn(count, batch, seed, draw), validation: heldOut(batch, seed, draw),
      summary: "\(count) sequences of \(one.shape[0]) steps in each epoch; a network without memory"
        + " has a loss of \(threeDigits(one.baselineLoss)) nats; the accuracy is that of the"
        + " symbols to repeat",
      inputs: one.classCount, areTokens: false, outputs: one.classCount,
      preprocessing: Preprocessing(), pause: settings.symbols, unit: ("sequences", 1))
  }

  private typealias Draw = @Sendable (inout RandomSource, Int) -> (Tensor<Float>, Target)

  private func drawn(_ count: Int, _ batch: Int, _ seed: UInt64, _ draw: @escaping Draw)
    -> SampleBatches
  {
    SampleBatches(
      Batches(count: count, size: batch, shuffles: false, seed: seed),
      byEpoch: { epoch, indices in
        var mixed = RandomSource(seed: seed)
        var random = RandomSource(seed: mixed.next() &+ UInt64(epoch * count + indices[0]))
        return draw(&random, indices.count)
      })
  }

  /// Two hundred sequences that no epoch has.
  private func heldOut(_ batch: Int, _ seed: UInt64, _ draw: @escaping Draw) -> SampleBatches {
    SampleBatches(Batches(count: 200, size: batch, shuffles: false)) { indices in
      var mixed = RandomSource(seed: ~seed)
      var random = RandomSource(seed: mixed.next() &+ UInt64(indices[0]))
      return draw(&random, indices.count)
    }
  }
}
