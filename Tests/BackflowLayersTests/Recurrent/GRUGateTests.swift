import Backflow
import TestSupport
import Testing

@Suite struct `A GRU whose update gate is 1` {
  @Test func `preserves its state exactly`() {
    check(GRUCell<Float>.self)
    check(OriginalGRUCell<Float>.self)

    func check<Cell: RecurrentCell<Float>>(_: Cell.Type) where Cell.State == Tensor<Float> {
      var random = RandomSource(seed: 3)
      var network = Recurrent<Cell>(inputSize: 2, hiddenSize: 5, using: &random)
      // z = σ(1000) = 1.
      network.cells[0][0].weights.inputBias?[5..<10] = Tensor(repeating: 1000, shape: [5])
      // With these numbers, n + (h − n) differs from h.
      let state: Tensor<Float> = random.normal([3, 5]) * 1e-3
      let input: Tensor<Float> = random.normal([4, 3, 2])
      let output = network.forward(input, initialState: [state]).output
      var stream = network.stream(batch: 3, from: [state])
      for step in 0..<4 {
        #expect(output.select(step) == state, "\(Cell.self), step \(step)")
        #expect(
          stream.step(input.select(step)) == state, "\(Cell.self), step \(step) of a stream")
      }
    }
  }
}
