import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A GRU` {
  @Test(arguments: [(1, 1, 1, 1), (4, 3, 2, 5), (3, 8, 4, 33)], GRUCell<Double>.ResetGate.allCases)
  func `follows its equations, unit by unit`(
    sizes: (time: Int, batch: Int, input: Int, hidden: Int), resetGate: GRUCell<Double>.ResetGate
  ) {
    var random = RandomSource(seed: 5)
    let (T, B, I, H) = sizes
    let cell = GRUCell<Double>(inputSize: I, hiddenSize: H, resetGate: resetGate, using: &random)
      .drawn(using: &random)
    let x: Tensor<Double> = random.normal([T, B, I])
    let h0: Tensor<Double> = random.normal([B, H])

    var expected: [Double] = []
    for b in 0..<B {
      var h = h0.select(b).elements
      for t in 0..<T {
        h = step(cell, x.select(t).select(b).elements, h)
        expected += h
      }
    }
    let output = cell.forward(x, from: h0, active: .all(time: T, batch: B)).output
    let bySample = (0..<B).flatMap { output.select($0, axis: 1).elements }
    expectClose(bySample, expected, Tolerance(Double.self, length: T * (I + H), scale: 1))
  }

  /// Equations (1) to (4), with (3) or (3′).
  private func step(_ cell: GRUCell<Double>, _ x: [Double], _ h: [Double]) -> [Double] {
    let H = h.count
    func input(_ row: Int) -> Double {
      x.indices.reduce(cell.inputBias[row]) { $0 + cell.inputWeight[row, $1] * x[$1] }
    }
    func recurrent(_ row: Int, _ h: [Double]) -> Double {
      h.indices.reduce(cell.recurrentBias[row]) { $0 + cell.recurrentWeight[row, $1] * h[$1] }
    }
    func σ(_ a: Double) -> Double { 1 / (1 + Foundation.exp(-a)) }
    let r = (0..<H).map { σ(input($0) + recurrent($0, h)) }
    let z = (0..<H).map { σ(input(H + $0) + recurrent(H + $0, h)) }
    let reset = zip(r, h).map { $0 * $1 }
    return (0..<H).map { unit in
      let fed =
        switch cell.resetGate {
        case .afterProduct: r[unit] * recurrent(2 * H + unit, h)
        case .beforeProduct: recurrent(2 * H + unit, reset)
        }
      return (1 - z[unit]) * Foundation.tanh(input(2 * H + unit) + fed) + z[unit] * h[unit]
    }
  }
}
