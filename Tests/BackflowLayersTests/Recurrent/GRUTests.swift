import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A GRU` {
  @Test(arguments: [(1, 1, 1, 1), (4, 3, 2, 5), (3, 8, 4, 33)])
  func `agrees with its equations for each unit`(
    sizes: (time: Int, batch: Int, input: Int, hidden: Int)
  ) {
    // The reset gate multiplies the product and its bias.
    check(GRUCell<Double>.self, sizes) { r, h, product in
      product(h).enumerated().map { r[$0] * $1 }
    }
    // The reset gate of the original multiplies the state, before the product.
    check(OriginalGRUCell<Double>.self, sizes) { r, h, product in product(zip(r, h).map(*)) }
  }

  private func check<Cell: RecurrentCell<Double>>(
    _: Cell.Type, _ sizes: (time: Int, batch: Int, input: Int, hidden: Int),
    _ fed: ([Double], [Double], ([Double]) -> [Double]) -> [Double]
  ) where Cell.State == Tensor<Double> {
    var random = RandomSource(seed: 5)
    let (T, B, I, H) = sizes
    let cell = Cell(inputSize: I, hiddenSize: H, using: &random).drawn(using: &random)
    let x: Tensor<Double> = random.normal([T, B, I])
    let h0: Tensor<Double> = random.normal([B, H])

    var expected: [Double] = []
    for b in 0..<B {
      var h = h0.select(b).elements
      for t in 0..<T {
        h = step(cell.weights, x.select(t).select(b).elements, h, fed)
        expected += h
      }
    }
    let output = cell.forward(x, from: h0, active: .all(time: T, batch: B)).output
    let bySample = (0..<B).flatMap { output.select($0, axis: 1).elements }
    expectClose(bySample, expected, Tolerance(Double.self, length: T * (I + H), scale: 1))
  }

  /// Computes equations (1) to (4), where `fed` returns the contribution of the state to the
  /// candidate.
  private func step(
    _ weights: GateWeights<Double>, _ x: [Double], _ h: [Double],
    _ fed: ([Double], [Double], ([Double]) -> [Double]) -> [Double]
  ) -> [Double] {
    let H = h.count
    func input(_ row: Int) -> Double {
      x.indices.reduce(weights.inputBias?[row] ?? .nan) { $0 + weights.input[row, $1] * x[$1] }
    }
    func recurrent(_ row: Int, _ h: [Double]) -> Double {
      h.indices.reduce(weights.recurrentBias?[row] ?? .nan) {
        $0 + weights.recurrent[row, $1] * h[$1]
      }
    }
    func σ(_ a: Double) -> Double { 1 / (1 + Foundation.exp(-a)) }
    let r = (0..<H).map { σ(input($0) + recurrent($0, h)) }
    let z = (0..<H).map { σ(input(H + $0) + recurrent(H + $0, h)) }
    let q = fed(r, h) { state in (0..<H).map { recurrent(2 * H + $0, state) } }
    return (0..<H).map { unit in
      (1 - z[unit]) * Foundation.tanh(input(2 * H + unit) + q[unit]) + z[unit] * h[unit]
    }
  }
}
