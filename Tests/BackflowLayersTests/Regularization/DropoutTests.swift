import Backflow
import TestSupport
import Testing

@Suite struct `A dropout layer` {
  let x = Tensor<Double>.ones([100, 100])

  @Test func `keeps a share of 1 − p, scaled so that the mean stays`() {
    let y = Dropout<Double>(probability: 0.2).forward(x, .training(seed: 9)).output
    let kept = y.elements.count { $0 != 0 }
    #expect(abs(kept - 8000) < 200)
    #expect(Set(y.elements) == [0, 1.25])
  }

  @Test func `sends the gradient through the same mask`() {
    let layer = Dropout<Double>(probability: 0.5)
    let (y, cache) = layer.forward(x, .training(seed: 3))
    #expect(layer.inputGradient(x, cache) == y)
  }

  @Test func `drops by the seed, alike in both precisions`() {
    let layer = Dropout<Double>(probability: 0.5)
    let y = layer.forward(x, .training(seed: 3)).output
    #expect(layer.forward(x, .training(seed: 3)).output == y)
    #expect(layer.forward(x, .training(seed: 4)).output != y)
    let single = Dropout<Float>(probability: 0.5).forward(Tensor(x), .training(seed: 3)).output
    #expect(Tensor<Double>(single) == y)
  }

  @Test func `changes nothing in evaluation or with p = 0, drops everything with p = 1`() {
    #expect(Dropout<Double>()(x) == x)
    #expect(Dropout<Double>(probability: 0).forward(x, .training(seed: 1)).output == x)
    let none = Dropout<Double>(probability: 1).forward(x, .training(seed: 1)).output
    #expect(none.maxMagnitude() == 0)
  }

  @Test func `of each part of a model has draws of its own, at every seed`() {
    let parts = (0..<20).flatMap { seed in
      (0..<20).map { Mode.training(seed: seed).part($0) }
    }
    for (place, part) in parts.enumerated() { #expect(!parts[..<place].contains(part)) }
    #expect(Mode.training(seed: 4).part(1) == Mode.training(seed: 4).part(1))
    #expect(Mode.evaluation.part(3) == .evaluation)
  }

  @Test func `stops at a probability outside 0 to 1`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Dropout<Float>(probability: 1.5)
    }
    #expect(stopMessage(result).contains("1.5"))
  }
}
