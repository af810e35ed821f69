import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A census of dead units` {
  private func report(_ rows: [[Double]], below: DeadUnitCensus<Double>.Below = .learningLayers)
    -> DeadUnitReport
  {
    var census = DeadUnitCensus<Double>(layer: "fc", below: below)
    census.count(preactivations: Tensor(rows: rows))
    return census.report
  }

  // a = z − β is silent on n samples with probability Φ(β)ⁿ.
  @Test func `finds as many silent units as the normal distribution predicts`() {
    let expected: [Double: [Int: Double]] = [
      1: [32: 0.0040, 256: 0, 1000: 0], 2: [32: 0.4788, 256: 0.0028, 1000: 0],
      3: [32: 0.9577, 256: 0.7076, 1000: 0.2590],
    ]
    let units = 600
    var random = RandomSource(seed: 5)
    let z: Tensor<Float> = random.normal([1000, units])
    for (beta, shares) in expected {
      var census = DeadUnitCensus<Float>(layer: "fc")
      for part in [0..<32, 32..<256, 256..<1000] {
        census.count(preactivations: z[part] - Float(beta))
        let share = shares[part.upperBound] ?? .nan
        let report = census.report
        #expect(report.examples == part.upperBound)
        let error = 4 * (share * (1 - share) / Double(units)).squareRoot() + 5e-5
        #expect(
          (report.deadShare - share).magnitude <= error, "β = \(beta), n = \(part.upperBound)")
      }
    }
  }

  // Orthogonal inputs and no bias: the signs are independent and fair.
  @Test(arguments: [1, 3, 5])
  func `finds one unit in 2ⁿ without a bias`(n: Int) {
    var random = RandomSource(seed: 6)
    let units = 8000
    let layer = Dense<Double>(
      inputSize: n, outputSize: units, weights: .normal(), using: &random)
    var census = DeadUnitCensus<Double>(layer: "fc")
    census.count(preactivations: layer.forward(.identity(n)).output)
    let share = pow(0.5, Double(n))
    let error = 4 * (share * (1 - share) / Double(units)).squareRoot()
    #expect((census.report.deadShare - share).magnitude <= error)
  }

  @Test
  func `reports the units, how often they are active, and the distance of dead ones to activation`()
  {
    let report = report([[-1, 2, -3, 0], [-0.5, -2, -4, 0], [-2, 1, -3.5, 0]])
    #expect(report.examples == 3 && report.active == [0, 2, 0, 0])
    // A ReLU is off at 0.
    #expect(report.dead == [0, 2, 3] && report.deadShare == 0.75)
    #expect(report.maxima == [-0.5, 2, -3, 0])
  }

  @Test func `gives the same result in batches as in one pass`() {
    let rows = Tensor<Double>(samples(60 * 7), shape: [60, 7]) - 0.9
    var (whole, parts) = (DeadUnitCensus<Double>(layer: "fc"), DeadUnitCensus<Double>(layer: "fc"))
    whole.count(preactivations: rows)
    for part in [0..<1, 1..<33, 33..<33, 33..<60] { parts.count(preactivations: rows[part]) }
    #expect(whole.report.active == parts.report.active)
    #expect(whole.report.maxima == parts.report.maxima)
    #expect(whole.report.dead == parts.report.dead && parts.report.examples == 60)
    #expect(parts.report.batch == 32)
  }

  @Test func `reports what one batch alone would count`() {
    var census = DeadUnitCensus<Double>(layer: "fc")
    census.count(preactivations: Tensor(rows: [[1, -1, -1, -1]]))
    census.count(preactivations: Tensor(rows: [[-1, -1, -1, 1]]))
    #expect(census.report.deadShare == 0.5 && census.report.batchShare == 0.75)
  }

  @Test func `is not misled by a remainder, nor by NaN in a batch`() {
    var census = DeadUnitCensus<Double>(layer: "fc")
    census.count(preactivations: Tensor(rows: [[1, -1, -1], [-1, 1, -1]]))
    census.count(preactivations: Tensor(rows: [[1, 1, .nan], [1, -1, -1]]))
    census.count(preactivations: Tensor(rows: [[-1, -1, -1]]))
    // One unit of three in the first batch of two, none in the second.
    #expect(census.report.batch == 2 && census.report.silentInBatch == 0.5)
    #expect(
      "\(census.report)"
        == "fc: 0 of 3 units are inactive for all 5 examples, 0 more are active for"
        + " less than 1 %")
  }

  @Test func `counts a channel as a unit and a pixel as an example`() {
    // [N, C, height, width] = [2, 3, 1, 2]
    let a = Tensor<Float>([-1, -2, 3, -1, -5, -6, -3, -4, -1, -1, -7, -8], shape: [2, 3, 1, 2])
    var census = DeadUnitCensus<Float>(layer: "conv")
    census.count(preactivations: a)
    #expect(census.report.examples == 4 && census.report.active == [0, 1, 0])
    #expect(census.report.maxima == [-1, 3, -5])
  }

  @Test func `does not count a unit as dead that saw a NaN`() {
    let report = report([[.nan, -1, .nan], [-1, -1, 2]])
    #expect(report.dead == [1] && report.maxima[0].isNaN && report.active == [0, 0, 1])
    #expect(report.findings(step: 0).map(\.units) == [[1]])
    // A NaN first or last.
    #expect(self.report([[-1], [.nan]]).dead.isEmpty && self.report([[.nan], [-1]]).dead.isEmpty)
  }

  @Test func `bounds how often a silent unit may be active`() {
    let silent = { (n: Int) in
      self.report([[Double]](repeating: [-1], count: n)).activityBound
    }
    for n in [1, 32, 1000] {
      let bound = silent(n)
      // As often as that, and it would be silent on n with a chance of 5 %.
      expectClose([pow(1 - bound, Double(n))], [0.05], Tolerance(1e-12, scale: 0.05))
    }
    expectClose([silent(1000)], [3.0 / 1000], Tolerance(1e-5, scale: 3e-3))
    #expect(DeadUnitCensus<Double>(layer: "fc").report.activityBound == 1)
  }

  @Test func `distinguishes rarely active units from dead ones`() {
    var rows = [[Double]](repeating: [-1, -1, 1], count: 200)
    rows[7][1] = 1
    #expect(report(rows).rarelyActive() == [1] && report(rows).dead == [0])
    #expect(report(rows).rarelyActive(0.005) == [])
  }

  @Test func `is more severe where nothing below can activate dead units`() {
    let dead = [[-1.0, -1, -1, 1]]
    #expect(report(dead).findings(step: 0).map(\.severity) == [.warning])
    #expect(report(dead, below: .data).findings(step: 0).map(\.severity) == [.failure])
    #expect(report(dead, below: .frozenLayers).findings(step: 0).map(\.severity) == [.failure])
    #expect(!report(dead, below: .data).canRecover && report(dead).canRecover)
    // Without a unit that is on, no gradient reaches the layers below.
    #expect(report([[-1, -1, -1]]).findings(step: 0).map(\.severity) == [.failure])
  }

  @Test func `is a note below the threshold, and nothing where all units are active`() {
    let one = [[Double](repeating: 1, count: 19) + [-1]]
    #expect(report(one).findings(step: 0).map(\.severity) == [.note])
    #expect(report([[1, 1], [-1, -1]]).findings(step: 0).isEmpty)
    #expect(DeadUnitCensus<Double>(layer: "fc").report.findings(step: 0).isEmpty)
    var thresholds = Thresholds()
    thresholds.deadShare = 0.01
    #expect(report(one).findings(step: 0, thresholds).map(\.severity) == [.warning])
  }
}
