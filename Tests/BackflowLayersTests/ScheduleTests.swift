import Backflow
import TestSupport
import Testing

@Suite struct `A schedule` {
  @Test func `with steps changes at every interval`() {
    let schedule = StepSchedule(8, every: 2, factor: 0.5)
    #expect((0..<7).map(schedule.learningRate) == [8, 8, 4, 4, 2, 2, 1])
  }

  @Test func `with a cosine starts at the rate, halves it in the middle, and ends at the minimum`()
  {
    let schedule = CosineSchedule(1, steps: 10, minimum: 0.5)
    expectClose(
      [0, 5, 10, 11, 1000].map(schedule.learningRate), [1, 0.75, 0.5, 0.5, 0.5],
      Tolerance(Double.self, length: 1, scale: 1))
  }

  @Test func `with a cosine is accurate at the end of many steps`() {
    let steps = 100_000_000
    let schedule = CosineSchedule(1, steps: steps)
    for left in [1, 2, 10, 1000] {
      // In this precision, sin² a is a².
      let angle = Double.pi * Double(left) / (2 * Double(steps))
      expectUlps([schedule.learningRate(at: steps - left)], [angle * angle], ulps: 1e6, "\(left)")
    }
  }

  @Test func `with a warm-up rises linearly and continues without a jump`() {
    let schedule = WarmupSchedule(steps: 4, then: ConstantSchedule(2))
    #expect((0..<6).map(schedule.learningRate) == [0, 0.5, 1, 1.5, 2, 2])
    let none = WarmupSchedule(steps: 0, then: StepSchedule(1, every: 1))
    #expect(none.learningRate(at: 0) == 1)
  }

  @Test func `sets the learning rate of an optimizer`() {
    var model = OneParameter<Double>(value: Tensor([0]))
    let schedule = StepSchedule(1, every: 1, factor: 0.5)
    var optimizer = SGD(for: model, learningRate: 0)
    for _ in 0..<3 {
      optimizer.learningRate = schedule.learningRate(at: optimizer.step)
      optimizer.update(&model, along: OneParameter(value: Tensor([1])))
    }
    #expect(model.value == Tensor([-1.75]))
  }
}
