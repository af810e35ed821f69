import Backflow
import ComplexModule
import Foundation
import TestSupport
import Testing

@Suite struct `The cycles` {
  private let tanhCycle = autonomous(Tensor(rows: [[0.75, 3], [-0.75, -2.25]]))

  @Test func `of a network with ρ = ¾ are one of length 2`() throws {
    var random = RandomSource(seed: 1)
    let found = try Cycles(of: tanhCycle, period: 2, using: &random)
    let cycle = try #require(found.cycles.first { $0.stability == .stable })
    let state = [0.935215390472, -0.799954821669]
    let sign = cycle.states[0][0] < 0 ? -1.0 : 1
    expectClose(cycle.states[0].map { $0 * sign }, state, Tolerance(6e-13, scale: 1))
    expectClose(cycle.states[1].map { -$0 * sign }, state, Tolerance(6e-13, scale: 1))
    expectClose(
      cycle.point.modes.map(\.real), [0.460661543309, 0.001399731674],
      Tolerance(6e-13, scale: 1e-2))
    #expect(found.completeness == .consistent)
    // Half of the logarithm of the first multiplier: what the spectrum measures along the cycle.
    expectClose([cycle.growthRate], [-0.3875458425], Tolerance(6e-11, scale: 1))
    let start = CellRecurrence(tanhCycle.cell, from: Tensor(cycle.states[0]))
    let trajectory = try Trajectory(of: start, steps: 2000)
    let spectrum = try LyapunovSpectrum(along: trajectory, using: &random)
    expectClose([spectrum.largest], [cycle.growthRate], Tolerance(1e-9, scale: 1))
  }

  // The window of period 3 opens there: the cycle is born with multiplier 1.
  @Test func `of the logistic map at 1 + √8 are one degenerate one of length 3`() throws {
    var random = RandomSource(seed: 2)
    var settings = FixedPointSettings()
    settings.lipschitzConstant = 1000
    let found = try Cycles(
      of: logistic(1 + 8.0.squareRoot()), period: 3, settings: settings, using: &random)
    try #require(found.cycles.count == 1)
    let states = found.cycles[0].states.flatMap { $0 }.sorted()
    // A double solution is known to the square root of rounding.
    expectClose(states, [0.1599288, 0.5143553, 0.9563178], Tolerance(2e-7, scale: 0.1))
    expectClose([found.cycles[0].point.modes[0].real], [1], Tolerance(1e-5, scale: 1))
    #expect(found.cycles[0].point.isDegenerate && found.cycles[0].stability == .undecided)
  }

  // r = 4 is conjugate to the tent map: (2³ − 2)/3 cycles of length 3, multipliers ± 8.
  @Test func `of the logistic map at 4 are counted`() throws {
    var random = RandomSource(seed: 3)
    for (period, count) in [(1, 2), (2, 1), (3, 2), (4, 3)] {
      let found = try Cycles(of: logistic(4), period: period, using: &random)
      #expect(found.cycles.count == count)
      for cycle in found.cycles where cycle.states[0][0] > 1e-9 {
        expectClose(
          [cycle.point.modes[0].modulus], [Double(1 << period)], Tolerance(1e-9, scale: 1))
        expectClose([cycle.growthRate], [log(2)], Tolerance(1e-10, scale: 0.5))
      }
    }
  }

  @Test func `survive JSON`() throws {
    var random = RandomSource(seed: 4)
    let found = try Cycles(of: tanhCycle, period: 2, using: &random)
    let data = try JSONEncoder().encode(found)
    #expect(try JSONDecoder().decode(Cycles.self, from: data) == found)
    #expect(found.description.contains("cycles of length 2"))
  }
}
