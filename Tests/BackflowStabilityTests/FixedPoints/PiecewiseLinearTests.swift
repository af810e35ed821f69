import Backflow
import BackflowSelfTest
import ComplexModule
import Foundation
import TestSupport
import Testing

@Suite struct `In a ReLU network` {
  private func plane(_ state: [Double]) -> [Double] { [state[0] - state[2], state[1] - state[3]] }

  @Test func `the published fixed points are found exactly`() throws {
    var random = RandomSource(seed: 1)
    let first = KnownMaps.planarReLU(-0.0222311, 0.96461297, -0.64375, 0.52505308)
    let second = KnownMaps.planarReLU(0.7, -0.7, -0.14375, 0.52505308)
    for (recurrence, state, eigenvalues) in [
      (first, [0.364871, -22.260649], [0.96461297, -0.0222311]),
      (second, [1.243275, -0.192076], [0.7, -0.7]),
    ] {
      let points = try FixedPoints(of: recurrence, using: &random)
      try #require(points.points.count == 1)
      #expect(points.completeness == .proven && points.singularRegions.isEmpty)
      let point = points.points[0]
      expectClose(plane(point.state), state, Tolerance(6e-7, scale: 0.1))
      expectClose(
        point.modes.map(\.real).filter { abs($0) > 1e-9 }.sorted(by: >), eigenvalues,
        Tolerance(1e-12, scale: 1e-2))
      #expect(point.stability == .stable && !point.isOnBorder && point.index == 1)
      #expect(point.certificate.isProven && (point.radius ?? 1) < 1e-10)
    }
  }

  @Test func `the published cycles are two of length 16 and none of length 15`() throws {
    let recurrence = KnownMaps.planarReLU(0.8377689, 0.96461297, -0.64375, 0.52505308)
    var random = RandomSource(seed: 2)
    let found = try Cycles(of: recurrence, period: 16, using: &random)
    try #require(found.cycles.count == 2)
    #expect(found.cycles.map(\.stability) == [.stable, .unstable])
    let moduli = found.cycles.map { $0.point.modes.prefix(2).map(\.modulus) }
    expectClose(moduli[0], [0.518900, 0.518900], Tolerance(6e-7, scale: 0.1))
    expectClose(moduli[1], [1.610218, 0.237158], Tolerance(6e-7, scale: 0.1))
    expectClose([found.cycles[0].growthRate], [-0.0410028], Tolerance(6e-8, scale: 1e-2))
    for cycle in found.cycles {
      #expect(!cycle.point.isOnBorder && cycle.point.certificate.holds)
      // The states follow each other.
      for (state, next) in zip(cycle.states, cycle.states.dropFirst() + [cycle.states[0]]) {
        let image = recurrence.advance(Tensor(rows: [state]), through: 0..<1).elements
        expectClose(image, next, Tolerance(1e-11, scale: 10))
      }
    }
    var settings = FixedPointSettings()
    #if DEBUG
      settings.randomStarts = 16
    #endif
    let none = try Cycles(of: recurrence, period: 15, settings: settings, using: &random)
    #expect(none.cycles.isEmpty)
    // Those of length 16 are not counted again at twice the length.
    settings.randomStarts = 4
    let double = try Cycles(of: recurrence, period: 32, settings: settings, using: &random)
    #expect(double.cycles.allSatisfy { Set($0.states.map(\.description)).count == 32 })
  }

  // h′ = relu(w_i h_i + b_i) in each unit: 0 and b/(1 − w), if both are real.
  @Test func `the fixed points of independent units are all combinations`() throws {
    var random = RandomSource(seed: 3)
    // 0 rests for b ≤ 0, and b/(1 − w) for w > 1.
    for leak in [1, 0.25] {
      let weight = Tensor<Double>.diagonal(Tensor([2, 3, 1.5, 0.5]))
      let recurrence = autonomous(weight, bias: Tensor([-1, -2, -3, 1]), .relu, leak: leak)
      let points = try FixedPoints(of: recurrence, using: &random)
      #expect(points.points.count == 8 && points.completeness == .proven)
      for point in points.points {
        for (value, solution) in zip(point.state, [1.0, 1, 6, 2]) {
          #expect(abs(value) < 1e-15 || abs(value - solution) < 1e-13)
        }
        #expect(point.unstableCount == point.state.prefix(3).count { $0 > 0.5 })
        #expect(point.index == (point.unstableCount % 2 == 0 ? 1 : -1))
      }
    }
  }

  @Test func `larger ones are searched from starts`() throws {
    var random = RandomSource(seed: 4)
    let cell = LeakyCell(
      randomGates(1, units: 40, scale: 0.6, seed: 4), nonlinearity: .relu, leak: 0.5)
    let recurrence = CellRecurrence(cell, constantInput: Tensor([1, 1]))
    let points = try FixedPoints(of: recurrence, using: &random)
    #expect(points.points.count == 1 && points.completeness == .notApplicable)
    let state = Tensor(rows: [points.points[0].state])
    #expect((recurrence.advance(state, through: 0..<1) - state).maxMagnitude() < 1e-14)
    #expect(points.points[0].certificate.holds && points.points[0].certificate.isProven)
  }

  // W = 1 and b = 0: every h ≥ 0 rests.
  @Test func `a line attractor is a singular region`() throws {
    var random = RandomSource(seed: 5)
    let points = try FixedPoints(of: autonomous(.identity(2), .relu, leak: 0.1), using: &random)
    #expect(points.completeness == .degenerate)
    #expect(points.singularRegions == [[0], [0, 1], [1]])
    #expect(points.points.count == 1 && points.points[0].isOnBorder)
    #expect(points.points[0].state == [0, 0] && points.points[0].stability == .undecided)
    #expect(points.description.contains("no isolated point"))
  }

  // h′ = relu(h/2 + b): 2b for b > 0, 0 for b < 0, and for b = 0 a point at the threshold.
  @Test(arguments: [1e-150, 1e-9, 1, 1e150]) func `completeness is proven off a threshold`(
    size: Double
  ) throws {
    for bias in [size, 0, -size] {
      var random = RandomSource(seed: 8)
      let points = try FixedPoints(
        of: autonomous(.identity(1) * 0.5, bias: Tensor([bias]), .relu), using: &random)
      try #require(points.points.count == 1)
      let point = points.points[0]
      expectClose(point.state, [max(0, 2 * bias)], Tolerance(4e-16 * size, scale: size))
      #expect(points.completeness == (bias == 0 ? .notProven : .proven))
      #expect(point.isOnBorder == (bias == 0) && point.certificate.holds)
    }
  }

  // h′ = relu(h + 1) has no fixed point, but its equation is singular.
  @Test func `a singular region without a solution proves nothing`() throws {
    var random = RandomSource(seed: 9)
    let points = try FixedPoints(
      of: autonomous(.identity(1), bias: Tensor([1]), .relu), using: &random)
    #expect(points.points.isEmpty && points.completeness == .notProven)
    #expect(points.singularRegions.isEmpty)
  }

  // The tent map μ min(y, 1 − y) of y = h_0 − 2 h_1 has as many cycles of length 2 to 5 as for μ =
  // 2 above μ = 1.9276, the largest root of μ⁴ = μ³ + μ² + μ + 1, and the multipliers are ± μ^k.
  @Test func `the cycles of the tent map are counted`() throws {
    var random = RandomSource(seed: 6)
    let μ = 1.95
    let tent = KnownMaps.tent(μ)
    for (period, count) in [(2, 1), (3, 2), (4, 3), (5, 6)] {
      let found = try Cycles(of: tent, period: period, using: &random)
      #expect(found.cycles.count == count, "length \(period)")
      for cycle in found.cycles {
        expectClose([cycle.growthRate], [log(μ)], Tolerance(1e-10, scale: 0.5))
        #expect(cycle.stability == .unstable)
      }
    }
  }

  @Test func `cycles of length 40 are found`() throws {
    var random = RandomSource(seed: 7)
    // y ← μ min(y, 1 − y): a trajectory of the unstable cycles of length 40 cannot be followed, but
    // each is one linear solution.
    let μ = 1.95
    let tent = KnownMaps.tent(μ)
    var settings = FixedPointSettings()
    settings.randomStarts = 8
    let found = try Cycles(of: tent, period: 40, settings: settings, using: &random)
    #expect(!found.cycles.isEmpty)
    for cycle in found.cycles {
      #expect(Set(cycle.states.map(\.description)).count == 40)
      expectClose([cycle.growthRate], [log(μ)], Tolerance(1e-12, scale: 0.5))
      #expect(cycle.point.certificate.holds && !cycle.point.isOnBorder)
    }
  }

  // 2³⁰ patterns would take days, and 1 << 63 overflows.
  @Test func `all patterns of at most 20 units are tried`() async {
    let many = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var settings = FixedPointSettings()
      settings.enumeratedUnits = 21
    }
    #expect(stopMessage(many).contains("must be in 0 ... 20"))
    #expect(stopMessage(many).contains("got 21"))
    var settings = FixedPointSettings()
    settings.enumeratedUnits = 20
    #expect(settings.enumeratedUnits == 20)
  }
}
