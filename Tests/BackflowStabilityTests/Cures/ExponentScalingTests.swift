import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Scaling a recurrent weight to a wanted λ₁` {
  // At rest a tanh network is its weight: λ₁ = ln(s ρ(W)).
  @Test(arguments: [-2.0, -0.1, 0, 0.3]) func `is exact for a linear cell`(wanted: Double) throws {
    var random = RandomSource(seed: 1)
    let recurrence = CellRecurrence(autonomousCell(orthogonal(5) * 0.7))
    let (cell, scaling) = try recurrence.scalingRecurrentWeight(
      toExponent: wanted, steps: 60, using: &random)
    expectClose(
      [scaling.scale, scaling.exponent], [Foundation.exp(wanted) / 0.7, wanted],
      Tolerance(1e-10, scale: 1))
    expectChange(from: recurrence.cell, to: cell, only: ["weight_hh"])
    expectClose(
      [try spectralRadius(of: cell.weights.recurrent)], [Foundation.exp(wanted)],
      Tolerance(1e-10, scale: 1))
  }

  // LSTM at rest with zero biases and U_g = I: ½ + ¼ s.
  @Test func `is that of the closed form of an LSTM at rest`() throws {
    var random = RandomSource(seed: 2)
    let recurrence = CellRecurrence(restingLSTM(candidate: .identity(3)))
    let (cell, scaling) = try recurrence.scalingRecurrentWeight(
      toExponent: Foundation.log(0.9), gates: [2], steps: 100, discarding: 10, using: &random)
    expectClose([scaling.scale], [1.6], Tolerance(1e-4, scale: 1.6))
    #expect(cell.weights.recurrent[0..<6].bits == recurrence.cell.weights.recurrent[0..<6].bits)
  }

  @Test(arguments: CellKind.allCases)
  func `is reached within two standard errors by every kind of cell`(kind: CellKind) throws {
    try kind.withCell(inputs: 2, units: 6, seed: 3) { cell in try expectReached(cell, kind) }
  }

  private func expectReached<Cell: RecurrentCell<Double>>(_ cell: Cell, _ kind: CellKind) throws {
    var random = RandomSource(seed: 4)
    let x: Tensor<Double> = random.normal([isDebug ? 300 : 2000, 2])
    let recurrence = CellRecurrence(cell, reading: x)
    let wanted = kind == .relu ? -0.2 : -0.3
    let (changed, scaling) = try recurrence.scalingRecurrentWeight(
      toExponent: wanted, discarding: 50, using: &random)
    let error = scaling.standardError
    #expect(abs(scaling.exponent - wanted) <= max(2 * error, 1e-11))
    #expect(error < 0.06)
    #expect(scaling.wanted == wanted && scaling.measurements < 40)
    // Measured again with another basis.
    let spectrum = try LyapunovSpectrum(
      along: Trajectory(of: CellRecurrence(changed, reading: x), discarding: 50), count: 1,
      using: &random)
    #expect(abs(spectrum.largest - wanted) <= 2 * error + 1e-3)
    expectChange(from: cell, to: changed, only: ["weight_hh"])
  }

  // A chaotic network: λ₁ is a rough function of the scale, which a search cannot resolve.
  @Test func `is reached within two standard errors by a chaotic network`() throws {
    var random = RandomSource(seed: 5)
    let network = KnownSystems.randomNetwork(size: 20, gain: 1.2, seed: 6)
    let scaling = try network.scalingRecurrentWeight(
      toExponent: 0.1, steps: isDebug ? 400 : 2000, discarding: 200, using: &random
    ).scaling
    #expect(abs(scaling.exponent - 0.1) <= 2 * scaling.standardError)
    #expect(scaling.standardError < 0.06 && scaling.scale > 1)
  }

  // h = tanh(4 s h) saturates: λ₁ has its maximum of 0 at s = ¼ and falls on both sides.
  @Test func `is found where a smaller scale raises λ₁`() throws {
    var random = RandomSource(seed: 11)
    let cell = autonomousCell(Tensor([4], shape: [1, 1]))
    let recurrence = CellRecurrence(cell, from: Tensor([0.5]))
    let scaling = try recurrence.scalingRecurrentWeight(
      toExponent: -0.5, steps: 100, discarding: 100, using: &random
    ).scaling
    #expect(scaling.scale > 0.25 && scaling.scale < 0.5)
    // The fixed point of that scale.
    let weight = 4 * scaling.scale
    let h = (0..<200).reduce(0.5) { h, _ in Foundation.tanh(weight * h) }
    expectClose(
      [Foundation.log(weight * (1 - h * h))], [-0.5], Tolerance(1e-9, scale: 1))
  }

  @Test func `tames a ReLU network whose state overflows`() throws {
    var random = RandomSource(seed: 7)
    let cell = VanillaCell<Double>(
      inputSize: 2, hiddenSize: 8, nonlinearity: .relu, recurrentWeights: .constant(3),
      using: &random)
    let recurrence = CellRecurrence(cell, reading: random.uniform([400, 2], in: 0..<1))
    #expect(throws: StabilityError.self) { try Trajectory(of: recurrence) }
    let (changed, scaling) = try recurrence.scalingRecurrentWeight(
      toExponent: -0.1, discarding: 40, using: &random)
    #expect(abs(scaling.exponent + 0.1) <= max(2 * scaling.standardError, 1e-10))
    #expect(scaling.scale < 0.05)
    _ = try Trajectory(of: recurrence.replacing(changed))
  }

  // The forget gate keeps σ(1) whatever W_hh is.
  @Test func `is refused with the reached range if no scale gives it`() throws {
    var random = RandomSource(seed: 8)
    let recurrence = CellRecurrence(restingLSTM(candidate: .identity(3), forgetBias: 1))
    let error = #expect(throws: CureError.self) {
      try recurrence.scalingRecurrentWeight(toExponent: -2, steps: 30, using: &random)
    }
    guard case .outOfReach(_, wanted: -2, let reached) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let forget = Foundation.log(1 / (1 + Foundation.exp(-1.0)))
    #expect(reached.lowerBound > forget && reached.lowerBound < forget + 1e-3)
  }

  // h′ = relu(s h − 0.1) from h = 1 grows forever if s > 1.1, and dies otherwise, with λ₁ = −∞.
  @Test func `is refused if λ₁ jumps across it`() throws {
    var random = RandomSource(seed: 9)
    let cell = VanillaCell<Double>(
      GateWeights(
        input: .zeros([1, 1]), recurrent: .identity(1), inputBias: Tensor([-0.1]),
        recurrentBias: .zeros([1])), nonlinearity: .relu)
    let error = #expect(throws: CureError.self) {
      try CellRecurrence(cell, from: Tensor([1])).scalingRecurrentWeight(
        toExponent: 0.05, steps: 120, using: &random)
    }
    guard case .jumps(_, wanted: 0.05, let range) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(range.lowerBound == -.infinity)
    #expect(abs(range.upperBound - Foundation.log(1.1)) < 1e-4)
  }

  @Test func `is refused for impossible requests`() throws {
    var random = RandomSource(seed: 10)
    let recurrence = CellRecurrence(autonomousCell(.identity(2)))
    for wanted in [Double.nan, .infinity] {
      #expect(throws: CureError.self) {
        try recurrence.scalingRecurrentWeight(toExponent: wanted, steps: 10, using: &random)
      }
    }
    #expect(throws: CureError.self) {
      try recurrence.scalingRecurrentWeight(toExponent: 0, using: &random)
    }
    let bad = CellRecurrence(autonomousCell(Tensor(rows: [[.infinity]])))
    #expect(throws: CureError.notFinite("weight_hh")) {
      try bad.scalingRecurrentWeight(toExponent: 0, steps: 10, using: &random)
    }
    let input = CellRecurrence(
      autonomousCell(.identity(2)), reading: Tensor(repeating: .nan, shape: [5, 1]))
    #expect(throws: CureError.self) {
      try input.scalingRecurrentWeight(toExponent: 0, using: &random)
    }
    #expect(throws: CureError.self) {
      try input.scalingRecurrentWeight(toExponent: 0, steps: 6, using: &random)
    }
  }
}
