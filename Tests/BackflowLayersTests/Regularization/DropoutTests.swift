import Backflow
import TestSupport
import Testing

@Suite struct `A dropout layer` {
  let x = Tensor<Double>.ones([100, 100])

  @Test func `keeps a fraction of 1 − p, scaled to preserve the mean`() {
    let y = Dropout<Double>(probability: 0.2).forward(x, .training(seed: 9)).output
    let kept = y.elements.count { $0 != 0 }
    #expect(abs(kept - 8000) < 200)
    #expect(Set(y.elements) == [0, 1.25])
  }

  @Test func `applies the same mask to the gradient`() {
    let layer = Dropout<Double>(probability: 0.5)
    let (y, cache) = layer.forward(x, .training(seed: 3))
    #expect(layer.inputGradient(x, cache) == y)
  }

  @Test func `has a mask that depends on the seed but not on the precision`() {
    let layer = Dropout<Double>(probability: 0.5)
    let y = layer.forward(x, .training(seed: 3)).output
    #expect(layer.forward(x, .training(seed: 3)).output == y)
    #expect(layer.forward(x, .training(seed: 4)).output != y)
    let single = Dropout<Float>(probability: 0.5).forward(Tensor(x), .training(seed: 3)).output
    #expect(Tensor<Double>(single) == y)
  }

  @Test func `is the identity in evaluation and for p = 0, and drops all elements for p = 1`() {
    #expect(Dropout<Double>()(x) == x)
    #expect(Dropout<Double>(probability: 0).forward(x, .training(seed: 1)).output == x)
    let none = Dropout<Double>(probability: 1).forward(x, .training(seed: 1)).output
    #expect(none.maxMagnitude() == 0)
  }

  @Test func `has a different mask in each part of a model, for every seed`() {
    let parts = (0..<20).flatMap { seed in
      (0..<20).map { Mode.training(seed: seed).part($0) }
    }
    for (place, part) in parts.enumerated() { #expect(!parts[..<place].contains(part)) }
    #expect(Mode.training(seed: 4).part(1) == Mode.training(seed: 4).part(1))
    #expect(Mode.evaluation.part(3) == .evaluation)
  }

  @Test func `stops for a probability outside 0...1`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Dropout<Float>(probability: 1.5)
    }
    #expect(stopMessage(result).contains("1.5"))
  }
}
