import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The comparison of a cell before and after a cure` {
  @Test func `states the figures of a linear cell`() throws {
    var random = RandomSource(seed: 1)
    let recurrence = CellRecurrence(autonomousCell(orthogonal(4) * Foundation.exp(-0.44)))
    let changed = try recurrence.cell.scalingRecurrentWeight(
      toSpectralRadius: Foundation.exp(-0.1))
    let comparison = try CureComparison(
      of: recurrence, with: changed, steps: 400, using: &random)
    #expect(
      comparison.description
        == "ρ 0.644 → 0.905; σ_max 0.644 → 0.905; λ₁ -0.44 → -0.1 nats per step; horizon 32 → 139 steps"
    )
    let before = try #require(comparison.before.trajectory)
    expectClose(
      [before.exponent, before.predictedHorizon, before.factor],
      [-0.44, Foundation.log(1e6) / 0.44, 1e-6], Tolerance(1e-12, scale: 30))
    // Too short for the horizon.
    let short = try CureComparison(of: recurrence, with: changed, steps: 50, using: &random)
    #expect(short.after.trajectory?.horizon == nil)
    #expect(short.description.hasSuffix("horizon 32 → > 50 steps"))
  }

  @Test func `lists the gates and is written and read as JSON`() throws {
    var random = RandomSource(seed: 2)
    let cell = LSTMCell<Double>(inputSize: 2, hiddenSize: 5, using: &random)
    let recurrence = CellRecurrence(cell, reading: random.normal([100, 2]))
    let changed = try cell.scalingRecurrentWeight(toSpectralRadius: 0.5, gates: [2])
    let comparison = try CureComparison(of: recurrence, with: changed, using: &random)
    #expect(comparison.after.spectralRadii.count == 4)
    #expect(comparison.description.contains("→ (1, 1, 0.5, 1); "))
    let data = try JSONEncoder().encode(comparison)
    #expect(try JSONDecoder().decode(CureComparison.self, from: data) == comparison)
    #expect(String(decoding: data, as: UTF8.self).contains("\"largest_singular_values\""))
  }

  @Test func `of equal cells has equal sides`() throws {
    var random = RandomSource(seed: 3)
    let network = KnownSystems.randomNetwork(size: 8, gain: 2, seed: 4)
    let comparison = try CureComparison(
      of: network, with: network.cell, steps: 100, using: &random)
    #expect(comparison.before == comparison.after)
  }

  @Test func `states that the state of a cell overflows`() throws {
    var random = RandomSource(seed: 5)
    let recurrence = CellRecurrence(
      autonomousCell(Tensor([8], shape: [1, 1]), .relu), from: Tensor([1]))
    let changed = try recurrence.cell.scalingRecurrentWeight(toSpectralRadius: 0.5)
    let comparison = try CureComparison(
      of: recurrence, with: changed, steps: 500, using: &random)
    #expect(comparison.before.trajectory == nil)
    #expect(
      comparison.description
        == "ρ 8 → 0.5; σ_max 8 → 0.5; λ₁ undefined (a state overflows) → -0.693 nats per step; horizon undefined → 20 steps"
    )
    #expect(throws: CureError.self) {
      try CureComparison(of: recurrence, with: changed, using: &random)
    }
  }
}
