import Backflow
import Foundation

/// Data that change in the course of a training.
extension LearningTask {
  /// A task whose batches depend on the number of those before.
  private static func counted(
    _ task: LearningTask, _ draw: @escaping (Int, inout RandomSource) -> TrainingBatch
  ) -> LearningTask {
    var copy = task
    var count = 0
    copy.batch = { _, random in
      defer { count += 1 }
      return draw(count, &random)
    }
    copy.constantLoss = nil
    return copy
  }

  /// y = sin x, first on −1 … 1 and at the end on −3 … 3.
  static func curriculum(steps: Int) -> LearningTask {
    let task = sine()
    return counted(task) { count, random in
      let reach = min(1, 1.5 * Float(count) / Float(steps))
      var batch = task.batch({ $0 }, &random)
      batch.inputs *= (1 + 2 * reach) / 3
      batch.targets = Tensor(
        batch.inputs.elements.map { sin($0) }, shape: batch.inputs.shape)
      return batch
    }
  }

  /// Digits that are mirrored after some steps, and at the end.
  static func mirrored(after steps: Int) -> LearningTask {
    func mirrored(_ batch: TrainingBatch) -> TrainingBatch {
      let images = batch.inputs.reshaped(to: [batch.labels.count, 8, 8])
      let columns = (0..<8).reversed().map { images.slice($0..<$0 + 1, axis: 2) }
      return TrainingBatch(
        inputs: Tensor.concatenate(columns, axis: 2).reshaped(to: batch.inputs.shape),
        labels: batch.labels)
    }
    let task = classification(
      classes: 10, batch: 32, heldOut: mirrored(heldOutDigits), drawDigits)
    return counted(task) { count, random in
      let batch = drawDigits(32, &random)
      return count < steps ? batch : mirrored(batch)
    }
  }

  /// A linear target, to which the first feature is added twice after some steps, and at the end.
  static func drifted(after steps: Int) -> LearningTask {
    let plain = linear()
    func added(_ batch: TrainingBatch) -> TrainingBatch {
      var copy = batch
      copy.targets = batch.targets + batch.inputs.slice(0..<1, axis: 1) * 2
      return copy
    }
    var random = RandomSource(seed: 61)
    let heldOut = (0..<16).map { _ in plain.batch({ $0 }, &random) }
    let task = regression(
      batch: 32,
      heldOut: added(
        TrainingBatch(
          inputs: .concatenate(heldOut.map(\.inputs)), targets: .concatenate(heldOut.map(\.targets))
        ))
    ) { _, random in plain.batch({ $0 }, &random) }
    return counted(task) { count, random in
      let batch = plain.batch({ $0 }, &random)
      return count < steps ? batch : added(batch)
    }
  }

  /// Digits with noise that falls to zero.
  static func noisyDigits(steps: Int) -> LearningTask {
    let task = classification(classes: 10, batch: 32, heldOut: heldOutDigits, drawDigits)
    return counted(task) { count, random in
      var batch = drawDigits(32, &random)
      let noise = 0.5 * max(0, 1 - Double(count) / Double(steps))
      batch.inputs += random.normal(batch.inputs.shape, standardDeviation: noise)
      return batch
    }
  }
}
