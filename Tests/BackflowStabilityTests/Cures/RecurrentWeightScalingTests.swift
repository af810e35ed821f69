import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Scaling a recurrent weight to a spectral radius` {
  @Test func `is exact for every gate and changes nothing else`() throws {
    for kind in CellKind.allCases {
      try kind.withCell(inputs: 3, units: 7, gain: 1.7, seed: 1) { cell in
        try expectRadius(of: cell, 0.85)
      }
    }
  }

  private func expectRadius<Cell: RecurrentCell<Double>>(of cell: Cell, _ radius: Double) throws {
    let changed = try cell.scalingRecurrentWeight(toSpectralRadius: radius)
    expectChange(from: cell, to: changed, only: ["weight_hh"])
    for gate in 0..<Cell.layout.gates {
      let (before, after) = (
        cell.weights.recurrent(gate: gate), changed.weights.recurrent(gate: gate)
      )
      expectClose(
        [try spectralRadius(of: after)], [radius], Tolerance(Double.self, length: 7, scale: 1))
      // The direction of the matrix is kept.
      let factor = after[0, 0] / before[0, 0]
      expectClose(
        after.elements, (before * factor).elements, Tolerance(Double.self, length: 1, scale: 1))
    }
  }

  @Test func `of a chosen gate keeps the bits of the other gates`() throws {
    var random = RandomSource(seed: 2)
    let cell = LSTMCell<Double>(inputSize: 2, hiddenSize: 5, using: &random)
    let changed = try cell.scalingRecurrentWeight(toSpectralRadius: 2, gates: [2])
    for gate in 0..<4 {
      let isKept =
        cell.weights.recurrent(gate: gate).bits == changed.weights.recurrent(gate: gate).bits
      #expect(isKept == (gate != 2))
    }
  }

  // [[.75, 3], [−.75, −2.25]] has the characteristic polynomial (λ + ¾)² and is defective.
  @Test func `works for a defective matrix`() throws {
    let weight = Tensor<Double>(rows: [[0.75, 3], [-0.75, -2.25]])
    let changed = try autonomousCell(weight).scalingRecurrentWeight(toSpectralRadius: 1.5)
    expectClose(
      changed.weights.recurrent.elements, (2 * weight).elements, Tolerance(1e-6, scale: 6))
  }

  @Test func `is refused for nilpotent matrices`() throws {
    let nilpotent = Tensor<Double>(rows: [[2, 2, 2], [-3, 0, 0], [1, -2, -2]])
    for weight in [delayLine(6, factor: 1.1), nilpotent, .zeros([3, 3])] {
      let error = #expect(throws: CureError.self) {
        try autonomousCell(weight).scalingRecurrentWeight(toSpectralRadius: 1)
      }
      guard case .radiusNotResolved(gate: 0, let bound) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      // Rounding moves the n-fold eigenvalue 0 by the n-th root of the rounding error.
      #expect(bound < 0.02)
    }
  }

  @Test func `is refused for impossible requests`() throws {
    let cell = autonomousCell(.identity(2))
    for radius in [0, -1, Double.infinity, .nan] {
      #expect(throws: CureError.self) { try cell.scalingRecurrentWeight(toSpectralRadius: radius) }
    }
    #expect(throws: CureError.noSuchGate(1, count: 1)) {
      try cell.scalingRecurrentWeight(toSpectralRadius: 1, gates: [1])
    }
    #expect(throws: CureError.self) {
      try autonomousCell(Tensor(rows: [[.nan]])).scalingRecurrentWeight(toSpectralRadius: 1)
    }
  }
}

@Suite struct `An orthogonal recurrent weight` {
  @Test func `replaces each gate, and keeps W_ih and the biases`() throws {
    for kind in CellKind.allCases {
      try kind.withCell(inputs: 3, units: 6, seed: 3) { cell in
        try expectOrthogonal(cell, gain: 5.0 / 3)
      }
    }
  }

  private func expectOrthogonal<Cell: RecurrentCell<Double>>(_ cell: Cell, gain: Double) throws {
    var random = RandomSource(seed: 4)
    let changed = try cell.replacingRecurrentWeightByOrthogonal(gain: gain, using: &random)
    expectChange(from: cell, to: changed, only: ["weight_hh"])
    let gates = (0..<Cell.layout.gates).map { changed.weights.recurrent(gate: $0) }
    for (index, gate) in gates.enumerated() {
      expectClose(
        matmul(gate.transposed, gate).elements,
        (Tensor<Double>.identity(cell.hiddenSize) * gain * gain).elements,
        Tolerance(Double.self, length: 6, scale: 1))
      #expect(gates[..<index].allSatisfy { $0 != gate })
    }
  }

  @Test func `of a chosen gate keeps the bits of the other gates`() throws {
    var random = RandomSource(seed: 5)
    let cell = GRUCell<Double>(inputSize: 2, hiddenSize: 5, using: &random)
    let changed = try cell.replacingRecurrentWeightByOrthogonal(gates: [2], using: &random)
    #expect(cell.weights.recurrent[0..<10].bits == changed.weights.recurrent[0..<10].bits)
    #expect(cell.weights.recurrent[10..<15] != changed.weights.recurrent[10..<15])
    #expect(throws: CureError.noSuchGate(-1, count: 3)) {
      try cell.replacingRecurrentWeightByOrthogonal(gates: [-1], using: &random)
    }
    #expect(throws: CureError.self) {
      try cell.replacingRecurrentWeightByOrthogonal(gain: 0, using: &random)
    }
  }
}
