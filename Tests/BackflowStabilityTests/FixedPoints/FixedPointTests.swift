import Backflow
import ComplexModule
import Foundation
import TestSupport
import Testing

private let exact = Tolerance(1e-12, scale: 1)
/// The last printed digit of a reference figure.
private let printed = Tolerance(6e-13, scale: 1)

@Suite struct `The fixed points` {
  // h′ = tanh(w h) in each of n units: −h*, 0, or h* in each.
  @Test(arguments: 1...3) func `of n bits are 3ⁿ`(bits: Int) throws {
    var random = RandomSource(seed: 1)
    let points = try FixedPoints(of: autonomous(.identity(bits) * 2), using: &random)
    var expected = 1
    for _ in 0..<bits { expected *= 3 }
    #expect(points.points.count == expected)
    #expect(points.indexSum == 1)
    #expect(points.completeness == .consistent)
    #expect(points.points.allSatisfy { !$0.isDegenerate && $0.certificate.isProven })
    #expect(points.stablePoints.count == 1 << bits)
    for point in points.points {
      #expect(point.unstableCount == point.state.count { abs($0) < 0.5 })
      // Rounded to the printed digits.
      let rest = point.state.filter { abs($0) > 0.5 }.map { abs($0) }
      expectClose(
        rest, rest.map { _ in 0.9575040241 }, Tolerance(5e-11, scale: 1), mayBeEmpty: true)
      for mode in point.modes {
        let is0 = abs(mode.real - 2) < 1e-12
        #expect(is0 || abs(mode.real - 0.166372) < 5e-7)
      }
    }
    if bits == 3 {
      let counts = (0...3).map { count in points.points.count { $0.unstableCount == count } }
      #expect(counts == [8, 12, 6, 1])
    }
  }

  @Test func `of three coupled bits are still 27`() throws {
    let coupling = Tensor<Double>(rows: [[0, 1, -1], [-1, 0, 1], [1, -1, 0]])
    var random = RandomSource(seed: 2)
    let points = try FixedPoints(
      of: autonomous(.identity(3) * 2 + coupling * 0.1), using: &random)
    let counts = (0...3).map { count in points.points.count { $0.unstableCount == count } }
    #expect(counts == [8, 12, 6, 1])
    #expect(points.indexSum == 1)
    #expect(points.completeness == .consistent)
  }

  // ρ(W) = ¾, and yet almost no trajectory ends at zero.
  @Test func `of a network with a stable cycle are zero alone`() throws {
    var random = RandomSource(seed: 3)
    let points = try FixedPoints(
      of: autonomous(Tensor(rows: [[0.75, 3], [-0.75, -2.25]])), using: &random)
    #expect(points.points.count == 1)
    #expect(points.points[0].state.allSatisfy { abs($0) < 1e-15 })
    #expect(points.points[0].stability == .stable)
    #expect(points.completeness == .consistent)
    // A defective eigenvalue, whose error is the square root of that of J.
    #expect(points.points[0].modes.allSatisfy { abs($0.modulus - 0.75) <= $0.errorBound })
  }

  // ρ(W) = 0 exactly.
  @Test func `of a nilpotent network are five`() throws {
    var random = RandomSource(seed: 4)
    let points = try FixedPoints(
      of: autonomous(Tensor(rows: [[2, 2, 2], [-3, 0, 0], [1, -2, -2]])), using: &random)
    try #require(points.points.count == 5)
    #expect(points.points.map(\.unstableCount) == [0, 0, 0, 1, 1])
    #expect(points.points.map(\.index) == [1, 1, 1, -1, -1])
    #expect(points.indexSum == 1 && points.completeness == .consistent)
    let stable = [0.905986885557, -0.991323368368, 0.837666711734]
    let saddle = [0.390299289631, -0.824559792069, 0.640337032738]
    expectClose(points.points[0].state, stable, printed)
    expectClose(points.points[2].state, stable.map { -$0 }, printed)
    expectClose(points.points[3].state, saddle, printed)
    expectClose(points.points[4].state, saddle.map { -$0 }, printed)
    #expect(points.points[1].state.allSatisfy { abs($0) < 1e-15 })
    expectClose(
      points.points[0].modes.map(\.real), [-0.681568701704, 0.443315267994, 0],
      Tolerance(1e-11, scale: 1))
    expectClose(
      points.points[3].modes.map(\.real), [1.457261729212, -0.941865769193, 0],
      Tolerance(1e-11, scale: 1))
    #expect(points.points.map(\.stability) == [.stable, .stable, .stable, .unstable, .unstable])
  }

  @Test func `of the logistic map are 0 and 1 − 1∕r`() throws {
    var random = RandomSource(seed: 5)
    let r = 1 + 8.0.squareRoot()
    var settings = FixedPointSettings()
    settings.lipschitzConstant = 2 * r
    let points = try FixedPoints(of: logistic(r), settings: settings, using: &random)
    expectClose(points.points.flatMap(\.state), [1 - 1 / r, 0], exact)
    expectClose([points.points[0].state[0]], [0.7387961], Tolerance(5e-8, scale: 1))
    expectClose(points.points.map { $0.modes[0].real }, [2 - r, r], exact)
    // The rounding errors of a map that is known by its values only are estimated.
    #expect(points.points.allSatisfy { !$0.certificate.isProven && !$0.isDegenerate })
    #expect(points.completeness == .notApplicable)
  }

  @Test func `of the Lorenz system at r = 22 are three, two of them stable`() throws {
    var random = RandomSource(seed: 6)
    let points = try FixedPoints(of: lorenz(10, 22, 8 / 3), using: &random)
    let side = (8.0 / 3 * 21).squareRoot()
    try #require(points.points.count == 3)
    expectClose(
      points.points.flatMap(\.state), [side, side, 21, -side, -side, 21, 0, 0, 0],
      Tolerance(1e-11, scale: 20))
    #expect(points.points.map(\.stability) == [.stable, .stable, .unstable])
    #expect(points.points.allSatisfy { !$0.isDegenerate && !$0.certificate.isProven })
  }

  #if DEBUG
    private static let seeds = 1...1 as ClosedRange<UInt64>
  #else
    private static let seeds = 1...8 as ClosedRange<UInt64>
  #endif

  @Test(arguments: seeds)
  func `of gated cells have indices that sum to 1`(seed: UInt64) throws {
    var random = RandomSource(seed: seed)
    let input = Tensor([0.3, -0.2])
    var settings = FixedPointSettings()
    settings.randomStarts = 16
    let lstm = LSTMCell(randomGates(4, units: 4, scale: 3, seed: seed))
    let gru = GRUCell(randomGates(3, units: 5, scale: 3, seed: seed))
    let original = OriginalGRUCell(randomGates(3, units: 5, scale: 3, seed: seed))
    let found = [
      try FixedPoints(
        of: CellRecurrence(lstm, constantInput: input), settings: settings, using: &random),
      try FixedPoints(
        of: CellRecurrence(gru, constantInput: input), settings: settings, using: &random),
      try FixedPoints(
        of: CellRecurrence(original, constantInput: input), settings: settings, using: &random),
    ]
    for points in found {
      #expect(!points.points.isEmpty)
      #expect(points.indexSum == 1 && points.completeness == .consistent)
      #expect(points.points.allSatisfy { !$0.isDegenerate && $0.certificate.isProven })
    }
  }

  @Test(arguments: [1, 2, 7, 64]) func `are found in any dimension`(units: Int) throws {
    var random = RandomSource(seed: 7)
    var settings = FixedPointSettings()
    settings.randomStarts = 16
    let cell = LeakyCell(randomGates(1, units: units, scale: 0.9, seed: 7), leak: 0.3)
    let recurrence = CellRecurrence(cell, constantInput: Tensor([1, -1]))
    let points = try FixedPoints(of: recurrence, settings: settings, using: &random)
    #expect(points.indexSum == 1 && points.completeness == .consistent)
    for point in points.points {
      let state = Tensor(point.state).reshaped(to: [1, units])
      let moved = (recurrence.advance(state, through: 0..<1) - state).maxMagnitude()
      #expect(moved <= 1e-15 * Double(units + 8))
    }
  }

  // The box of c is 1e4 to 1e17 wide here, and its uniform starts led nowhere.
  @Test(arguments: [16, 40], [1, 2, 3]) func `of a large LSTM are found from few starts`(
    units: Int, scale: Double
  ) throws {
    var random = RandomSource(seed: 12)
    var settings = FixedPointSettings()
    (settings.randomStarts, settings.rounds, settings.slowPoints) = (8, 1, 0)
    let cell = LSTMCell(randomGates(4, units: units, scale: scale, seed: 12))
    let points = try FixedPoints(
      of: CellRecurrence(cell, constantInput: Tensor([0.3, -0.2])), settings: settings,
      using: &random)
    #expect(!points.points.isEmpty)
    #expect(points.points.allSatisfy { $0.certificate.isProven && $0.certificate.holds })
  }

  // A trained read-out that is fed back, in all kinds of cells.
  @Test func `of a closed loop have indices that sum to 1`() throws {
    var random = RandomSource(seed: 8)
    let readout: Tensor<Double> = random.normal([2, 5], standardDeviation: 1.5)
    let gru = ClosedLoop(GRUCell(randomGates(3, units: 5, scale: 3, seed: 8)), readout: readout)
    let lstm = ClosedLoop(LSTMCell(randomGates(4, units: 5, scale: 3, seed: 8)), readout: readout)
    var settings = FixedPointSettings()
    settings.randomStarts = 16
    for points in [
      try FixedPoints(of: gru, settings: settings, using: &random),
      try FixedPoints(of: lstm, settings: settings, using: &random),
    ] {
      #expect(points.indexSum == 1 && points.completeness == .consistent)
      #expect(points.points.allSatisfy { $0.certificate.isProven })
    }
  }

  @Test func `start from given states too`() throws {
    var random = RandomSource(seed: 9)
    var settings = FixedPointSettings()
    settings.randomStarts = 0
    let recurrence = autonomous(.identity(2) * 2)
    let some = try FixedPoints(
      of: recurrence, from: Tensor(rows: [[0.9, 0.9], [0.9, -0.8]]), settings: settings,
      using: &random)
    // The two, and zero, from the initial state: 1 + 1 + 1 is not 1.
    #expect(some.points.count == 3)
    #expect(some.indexSum == 3)
    #expect(some.completeness == .pointMissing)
    #expect(some.description.contains("at least one point is missing"))
  }

  @Test func `are the same from the same seed`() throws {
    var (first, second) = (RandomSource(seed: 10), RandomSource(seed: 10))
    let recurrence = autonomous(.identity(2) * 2)
    #expect(
      try FixedPoints(of: recurrence, using: &first)
        == FixedPoints(of: recurrence, using: &second))
  }

  @Test func `survive JSON`() throws {
    var random = RandomSource(seed: 11)
    let points = try FixedPoints(of: autonomous(Tensor(rows: [[0, 0], [0, 2]])), using: &random)
    let data = try JSONEncoder().encode(points)
    #expect(try JSONDecoder().decode(FixedPoints.self, from: data) == points)
    let text = String(decoding: data, as: UTF8.self)
    #expect(text.contains("\"index_sum\":1") && text.contains("\"class\":\"stable\""))
  }
}

@Suite struct `Where fixed points are not isolated, the search` {
  @Test func `reports a line attractor as degenerate`() throws {
    var random = RandomSource(seed: 1)
    var settings = FixedPointSettings()
    settings.randomStarts = 8
    // diag(1, ½): every (x, 0) rests.
    let points = try FixedPoints(
      of: linear(.diagonal(Tensor([1, 0.5]))), settings: settings, using: &random)
    #expect(points.points.count > 1)
    #expect(points.points.allSatisfy { $0.isDegenerate && $0.stability == .undecided })
    #expect(points.points.allSatisfy { $0.index == nil && abs($0.state[1]) < 1e-15 })
    #expect(points.points.allSatisfy { $0.modes[0].timeScale == .infinity })
    #expect(points.points[0].description.contains("neither grows nor decays"))
  }

  // tanh(h) = h at 0 only, a triple solution: the eigenvalue is 1.
  @Test func `reports a bifurcation as degenerate`() throws {
    var random = RandomSource(seed: 2)
    let points = try FixedPoints(of: autonomous(.identity(1)), using: &random)
    #expect(points.points.contains { $0.isDegenerate })
    #expect(points.points.allSatisfy { $0.stability != .unstable && abs($0.state[0]) < 1e-4 })
    #expect(points.completeness == .degenerate)
  }

  @Test func `finds the slow point that a bifurcation leaves behind`() throws {
    var random = RandomSource(seed: 3)
    // tanh(2h + b) − h is smallest where 2(1 − y²) = 1, at y = −1/√2. It is zero there at the
    // critical b, beyond which two of the three points have vanished.
    let y = 0.5.squareRoot()
    let critical = 2 * y - atanh(y)
    let recurrence = autonomous(.identity(1) * 2, bias: Tensor([critical + 0.01]))
    let points = try FixedPoints(of: recurrence, settings: FixedPointSettings(), using: &random)
    #expect(points.points.count == 1 && points.completeness == .consistent)
    try #require(points.slowPoints.count == 1)
    // q′ = 0 where F(h) − h is smallest, at φ′ = ½: h = (−atanh(y) − b)/2.
    let slow = points.slowPoints[0]
    let state = (-atanh(y) - critical - 0.01) / 2
    expectClose(slow.state, [state], Tolerance(1e-6, scale: 1))
    expectClose([slow.speed], [-y - state], Tolerance(1e-12, scale: 1e-2))
    expectClose([slow.modes[0].real], [1], Tolerance(1e-5, scale: 1))
  }
}

@Suite struct `A search for fixed points stops with an error` {
  @Test(arguments: [Double.nan, .infinity]) func `for weights that are not finite`(
    value: Double
  ) throws {
    var weight = Tensor<Double>.identity(3)
    weight[1, 2] = value
    for nonlinearity in Nonlinearity.allCases {
      let recurrence = autonomous(weight, nonlinearity)
      #expect(throws: StabilityError.self) {
        var random = RandomSource(seed: 1)
        _ = try FixedPoints(of: recurrence, using: &random)
      }
      #expect(throws: StabilityError.self) {
        var random = RandomSource(seed: 1)
        _ = try Cycles(of: recurrence, period: 2, using: &random)
      }
    }
  }

  @Test func `for a map that is not finite`() throws {
    let map = linear(Tensor(rows: [[.nan]]))
    #expect(throws: StabilityError.self) {
      var random = RandomSource(seed: 1)
      _ = try FixedPoints(of: map, using: &random)
    }
  }

  @Test func `for a start that is not finite`() throws {
    for nonlinearity in Nonlinearity.allCases {
      #expect(throws: StabilityError.self) {
        var random = RandomSource(seed: 1)
        let start = Tensor<Double>(rows: [[0.5], [.nan]])
        _ = try Cycles(
          of: autonomous(.identity(1), nonlinearity), period: 2, from: start, using: &random)
      }
    }
  }

  @Test func `for a period of 0`() throws {
    #expect(throws: StabilityError.periodNotPositive(0)) {
      var random = RandomSource(seed: 1)
      _ = try Cycles(of: autonomous(.identity(1)), period: 0, using: &random)
    }
  }
}
