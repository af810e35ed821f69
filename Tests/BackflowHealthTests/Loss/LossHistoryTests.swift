import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A history of losses` {
  /// The history of a training with these losses, one for each step.
  private func history(_ losses: [Double], classes: Int? = nil) -> LossHistory {
    var monitor = HealthMonitor<Double>(every: 1000)
    for (step, loss) in losses.enumerated() { monitor.observe(step, loss: loss, classes: classes) }
    return monitor.losses
  }

  @Test(arguments: [1, 63, 64, 65, 200, 1000]) func `keeps the run in at most 64 blocks`(n: Int) {
    let losses: [Double] = samples(n).map { 2.0 + $0 }
    let history = history(losses)
    #expect(history.blocks.count <= 64 && history.count == n)
    #expect(history.blocks.reduce(0) { $0 + $1.count } == n)
    #expect(history.recent == Array(losses.suffix(64)))
    #expect(history.first == losses[0] && history.largest == losses.max())
    // Blocks that were merged have the mean of their steps.
    var start = 0
    for block in history.blocks {
      let own = losses[start..<start + block.count]
      let mean = own.reduce(0.0) { $0 + $1 } / Double(block.count)
      expectClose([block.mean], [mean], Tolerance(Double.self, length: 1024, scale: 4))
      start += block.count
    }
  }

  @Test func `follows every step, whether it is observed or not, and leaves out NaN`() {
    let history = history([3, .nan, 2, .infinity, 1])
    #expect(history.count == 3 && history.recent == [3, 2, 1])
    #expect(history.firstStep == 0 && history.lastStep == 4)
  }

  @Test func `can be saved whatever the losses, as long as they are finite`() throws {
    var random = RandomSource(seed: 4)
    for scale in [1e-320, 1e154, 1e300, Double.greatestFiniteMagnitude] {
      let history = history((0..<300).map { _ in random.next() % 2 == 0 ? scale : -scale })
      #expect(history.blocks.allSatisfy { $0.mean.isFinite })
      let copy = try JSONDecoder().decode(
        LossHistory.self, from: try JSONEncoder().encode(history))
      #expect(copy == history)
    }
  }

  @Test func `knows what is left of the start, and of a constant guess`() {
    let falling = (0..<100).map { 2.3 * exp(-Double($0) / 20) }
    #expect(history(falling).isFitted && history(falling).hasFallen)
    let flat = [Double](repeating: 2.3, count: 100)
    #expect(!history(flat).hasFallen)
    expectClose(
      [history(flat).remaining ?? 0], [1], Tolerance(Double.self, length: 64, scale: 1))
    // A network that was trained already starts where it ends.
    #expect(!history([0.1, 0.1, 0.1, 0.1]).isFitted)
    #expect(history([0.1, 0.1, 0.1, 0.1], classes: 10).isFitted)
    #expect(history([]).remaining == nil && !history([]).hasFallen)
  }

  @Test func `has the lengths of the last gradient, before and after clipping, and update`() throws
  {
    var monitor = HealthMonitor<Double>()
    let model = Model<Double>(["weight": Tensor([3, 4], shape: [1, 2])])
    monitor.observe(0, loss: 1) {
      $0.recordClipping(from: model, to: model.map { $0 / 5 })
      $0.recordUpdate(from: model, to: model.map { 0.9 * $0 }, along: model)
    }
    let found = [
      monitor.losses.gradientNormBeforeClipping, monitor.losses.gradientNormAfterClipping,
      monitor.losses.updateNorm,
    ]
    expectClose(
      try found.map { try #require($0) }, [5, 1, 0.5],
      Tolerance(Double.self, length: 16, scale: 5))
  }
}
