import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Shifting the forget bias` {
  private let g = 1 / 3.0.squareRoot()

  @Test func `changes b_ih of the gate that keeps the state only`() throws {
    for kind in [CellKind.lstm, .gru, .originalGRU] {
      try kind.withCell(inputs: 2, units: 4, seed: 1) { cell in try expectShift(cell) }
    }
  }

  private func expectShift<Cell: RecurrentCell<Double>>(_ cell: Cell) throws {
    let changed = try cell.shiftingForgetBias(by: 1.5)
    expectChange(from: cell, to: changed, only: ["bias_ih"])
    let before = try #require(cell.weights.inputBias)
    let after = try #require(changed.weights.inputBias)
    #expect(after[0..<4].bits == before[0..<4].bits)
    #expect(after[4..<8] == before[4..<8] + 1.5)
    #expect(after[8..<after.count].bits == before[8..<before.count].bits)
  }

  // The eigenvalue at rest with PyTorch's default gain of 1/√3: σ(b_f) + ¼ g = .644338, .875396 and
  // 1.025135 for b_f = 0, 1, 2, with 31, 104 and no steps to 1e-6.
  @Test(arguments: [(0.0, 0.644338, 31 as Int?), (1, 0.875396, 104), (2, 1.025135, nil)])
  func `has the figures of the closed form at rest`(
    shift: Double, radius: Double, steps: Int?
  ) throws {
    var random = RandomSource(seed: 2)
    let recurrence = CellRecurrence(restingLSTM(candidate: .identity(4) * g))
    let comparison = try CureComparison(
      of: recurrence, with: recurrence.cell.shiftingForgetBias(by: shift), steps: 130,
      using: &random)
    let after = try #require(comparison.after.trajectory)
    #expect(abs(Foundation.exp(after.exponent) - radius) < 1e-6)
    #expect(after.predictedHorizon.isFinite == (steps != nil))
    if let steps {
      #expect(Int(after.predictedHorizon.rounded()) == steps)
      // A gradient enters in h, of which the first step back loses a share.
      let measured = try #require(after.horizon)
      #expect(abs(measured - steps) <= 8)
    } else {
      #expect(after.horizon == nil)
    }
  }

  @Test func `to a horizon is the closed form of an LSTM`() throws {
    let cell = restingLSTM(candidate: .identity(4) * g)
    for (bias, tolerance) in [(0.0, 1e-9), (1, 1e-9)] {
      let rate = Foundation.log(1 / (1 + Foundation.exp(-bias)) + g / 4)
      let (changed, shift) = try cell.shiftingForgetBias(toHorizon: Foundation.log(1e-6) / rate)
      expectClose([shift], [bias], Tolerance(tolerance, scale: 1))
      expectChange(from: cell, to: changed, only: bias == 0 ? [] : ["bias_ih"])
    }
    // A default LSTM leaves the state at rest by itself above a forget bias of 1.780.
    let (_, shift) = try cell.shiftingForgetBias(toHorizon: 1e9)
    #expect(abs(shift - 1.780) < 5e-4)
    // Without a recurrent candidate, σ(b_f) to the power of n is the factor.
    let plain = restingLSTM(candidate: .zeros([3, 3]))
    let share = Foundation.exp(Foundation.log(1e-3) / 200)
    let found = try plain.shiftingForgetBias(toHorizon: 200, factor: 1e-3).shift
    expectClose([found], [Foundation.log(share / (1 - share))], Tolerance(1e-8, scale: 1))
  }

  // σ(b_z) + (1 − σ(b_z)) ½ g = r.
  @Test func `to a horizon is the closed form of both GRUs`() throws {
    var recurrent = Tensor<Double>.zeros([9, 3])
    recurrent.replaceSlice(6..<9, with: .identity(3) * g)
    let weights = GateWeights<Double>(
      input: .zeros([9, 1]), recurrent: recurrent, inputBias: .zeros([9]),
      recurrentBias: .zeros([9]))
    let radius = Foundation.exp(Foundation.log(1e-6) / 150)
    let z = (radius - g / 2) / (1 - g / 2)
    let expected = Foundation.log(z / (1 - z))
    for shift in [
      try GRUCell(weights).shiftingForgetBias(toHorizon: 150).shift,
      try OriginalGRUCell(weights).shiftingForgetBias(toHorizon: 150).shift,
    ] {
      expectClose([shift], [expected], Tolerance(1e-8, scale: 1))
    }
  }

  // σ(b_f) → 0 leaves ¼ g, which loses 1e-6 in 7.1 steps.
  @Test func `is refused if it cannot be done`() throws {
    var random = RandomSource(seed: 3)
    let cell = restingLSTM(candidate: .identity(4) * g)
    let error = #expect(throws: CureError.self) { try cell.shiftingForgetBias(toHorizon: 5) }
    guard case .outOfReach(_, _, let reached) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(abs(reached.lowerBound - Foundation.log(g / 4)) < 1e-6)
    for steps in [0, -1, Double.nan] {
      #expect(throws: CureError.self) { try cell.shiftingForgetBias(toHorizon: steps) }
    }
    #expect(throws: CureError.self) { try cell.shiftingForgetBias(by: .nan) }
    #expect(throws: CureError.noKeepingGate("VanillaCell")) {
      try autonomousCell(.identity(2)).shiftingForgetBias(by: 1)
    }
    let withoutBias = LSTMCell<Double>(inputSize: 1, hiddenSize: 2, bias: false, using: &random)
    #expect(throws: CureError.noBias) { try withoutBias.shiftingForgetBias(by: 1) }
  }
}
