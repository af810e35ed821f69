import Backflow
import Foundation
import TestSupport
import Testing

/// Checks ‖J(s) − J(s′)‖₂ ≤ L ‖s − s′‖₂ in the ball of a certificate, and returns the largest
/// share of L that was used.
private func checkVariation<R: Recurrence>(
  _ recurrence: R, _ point: FixedPoint, seed: UInt64
) throws -> Double {
  var random = RandomSource(seed: seed)
  let (center, size) = (Tensor(point.state), point.state.count)
  let ball = min(1, point.certificate.ball)
  func jacobian(_ state: Tensor<Double>) -> Tensor<Double> {
    recurrence.linearize(0..<1, from: state)[0].derivative.matrix
  }
  var share = 0.0
  for sample in 0..<20 {
    func inBall() -> Tensor<Double> {
      let direction: Tensor<Double> = random.normal([size])
      return center + direction * (ball * random.uniform() / direction.norm())
    }
    let first = inBall()
    // Both far and near pairs.
    let second = sample % 2 == 0 ? inBall() : first + (inBall() - center) * 1e-3
    guard (second - center).norm() <= ball else { continue }
    let change = try singularValues(of: jacobian(second) - jacobian(first))[0]
    share = max(share, change / (point.certificate.lipschitzConstant * (second - first).norm()))
  }
  return share
}

@Suite struct `The certificate of a fixed point` {
  #if DEBUG
    private static let seeds = 1...1 as ClosedRange<UInt64>
  #else
    private static let seeds = 1...5 as ClosedRange<UInt64>
  #endif

  @Test(arguments: seeds, [0.5, 3])
  func `bounds how fast the Jacobian of every cell changes`(seed: UInt64, scale: Double) throws {
    var random = RandomSource(seed: seed)
    var settings = FixedPointSettings()
    settings.randomStarts = 4
    settings.rounds = 1
    settings.slowPoints = 0
    func check<R: Recurrence>(_ recurrence: R) throws {
      let points = try FixedPoints(of: recurrence, settings: settings, using: &random)
      for point in points.points.prefix(1) where !point.isDegenerate {
        #expect(point.certificate.isProven)
        let share = try checkVariation(recurrence, point, seed: seed)
        #expect(share <= 1)
        // A bound that is not met to a hundredth would say little.
        #expect(share > 1e-3)
      }
    }
    func gates(_ count: Int) -> GateWeights<Double> {
      randomGates(count, units: 3, scale: scale, seed: seed)
    }
    let readout: Tensor<Double> = random.normal([2, 3])
    for nonlinearity in [Nonlinearity.tanh, .sigmoid] {
      try check(CellRecurrence(LeakyCell(gates(1), nonlinearity: nonlinearity, leak: 0.7)))
    }
    try check(CellRecurrence(GRUCell(gates(3))))
    try check(CellRecurrence(OriginalGRUCell(gates(3))))
    try check(CellRecurrence(LSTMCell(gates(4))))
    try check(ClosedLoop(LeakyCell(gates(1), leak: 0.7), readout: readout))
    try check(ClosedLoop(GRUCell(gates(3)), readout: readout))
    try check(ClosedLoop(OriginalGRUCell(gates(3)), readout: readout))
    try check(ClosedLoop(LSTMCell(gates(4)), readout: readout))
    try check(PowerRecurrence(CellRecurrence(GRUCell(gates(3))), power: 3))
  }

  // r x (1 − x) at x = 1 − 1/r: J = 2 − r, β = 1/(r − 1), L = 2r.
  @Test func `has the numbers of the theorem`() throws {
    let r = 3.5
    var settings = FixedPointSettings()
    settings.lipschitzConstant = 2 * r
    var random = RandomSource(seed: 1)
    let points = try FixedPoints(of: logistic(r), settings: settings, using: &random)
    let point = try #require(points.points.first { $0.state[0] > 0.5 })
    let certificate = point.certificate
    expectClose([certificate.inverseNorm], [1 / (r - 1)], Tolerance(1e-13, scale: 1))
    #expect(certificate.holds && certificate.product < 1e-12 && !certificate.isProven)
    #expect(abs(point.state[0] - (1 - 1 / r)) <= certificate.radius)
    #expect(certificate.radius < 1e-14)
    // The other point is 0, at a distance of 1 − 1/r: 2/(βL) = 1 − 1/r exactly.
    expectClose([certificate.uniquenessRadius], [1 - 1 / r], Tolerance(1e-12, scale: 1))
  }

  @Test func `contains the point that exact arithmetic gives`() throws {
    // tanh(w h) = h at h = ¾ for w = atanh(¾)/¾.
    let w = atanh(0.75) / 0.75
    var random = RandomSource(seed: 2)
    let points = try FixedPoints(of: autonomous(.diagonal(Tensor([w]))), using: &random)
    let point = try #require(points.points.first { $0.state[0] > 0.5 })
    let radius = try #require(point.radius)
    // w is rounded, which moves the point by less than 2u.
    #expect(abs(point.state[0] - 0.75) <= radius + 0x1p-52)
    // 2β times the error of a sum of six terms of size 1, of tanh, and of the result.
    let inverse = 1 / (1 - w * (1 - 0.75 * 0.75))
    #expect(radius < 2 * inverse * 40 * 0x1p-53)
  }

  // The order of the units changes the order of the sums, and rounding errors with it.
  @Test(arguments: [2, 7, 33], [1, 1e3])
  func `has a residual that covers the rounding errors`(units: Int, scale: Double) throws {
    var random = RandomSource(seed: 4)
    var settings = FixedPointSettings()
    (settings.randomStarts, settings.slowPoints, settings.rounds) = (4, 0, 1)
    // Large terms that cancel: the rows of W have opposite halves.
    let half: Tensor<Double> = random.normal([units, units], standardDeviation: scale)
    let rest: Tensor<Double> = random.normal([units, units], standardDeviation: 0.1)
    let weight = Tensor.concatenate([
      .concatenate([half + rest, -half], axis: 1), .concatenate([rest - half, half], axis: 1),
    ])
    func image(_ order: [Int], _ state: [Double]) -> Tensor<Double> {
      let permuted = Tensor(
        order.flatMap { row in order.map { weight[row, $0] } }, shape: weight.shape)
      let next = autonomous(permuted, leak: 0.5)
        .advance(Tensor(rows: [order.map { state[$0] }]), through: 0..<1).elements
      return Tensor(order.indices.map { unit in next[order.firstIndex(of: unit) ?? 0] })
    }
    let points = try FixedPoints(
      of: autonomous(weight, leak: 0.5), settings: settings, using: &random)
    #expect(!points.points.isEmpty)
    for point in points.points where point.certificate.inverseNorm.isFinite {
      let bound = point.certificate.newtonStep / point.certificate.inverseNorm
      for shift in 1..<4 {
        let order = (0..<2 * units).map { ($0 * (2 * shift + 1) + shift) % (2 * units) }
        guard Set(order).count == order.count else { continue }
        let difference = image(Array(0..<2 * units), point.state) - image(order, point.state)
        #expect(difference.norm() <= 2 * bound)
      }
    }
  }

  @Test func `is not called a proof if L or rounding is estimated`() throws {
    var random = RandomSource(seed: 3)
    let points = try FixedPoints(of: logistic(3.2), using: &random)
    #expect(points.points.allSatisfy { !$0.certificate.isProven && !$0.isDegenerate })
    #expect(points.description.contains("if the estimates of L and of rounding hold"))
  }
}
