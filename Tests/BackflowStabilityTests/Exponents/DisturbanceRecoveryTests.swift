import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The recovery from a disturbance` {
  @Test(arguments: [0.5, 0.9]) func `of a scaled rotation is that of its factor`(
    scale: Double
  ) throws {
    var random = RandomSource(seed: 1)
    let matrix = orthogonal(4) * scale
    let map = MapRecurrence(initialState: .ones([4])) { x, _ in
      matmul(matrix, x.reshaped(to: [4, 1])).flattened
    } jacobian: { _, _ in
      matrix
    }
    let trajectory = try Trajectory(of: map, steps: 300)
    let recovery = DisturbanceRecovery(along: trajectory, using: &random)
    #expect(recovery.steps == Int((Foundation.log(1e-6) / Foundation.log(scale)).rounded(.up)))
    let short = DisturbanceRecovery(along: trajectory, limit: 10, using: &random)
    #expect(short.steps == nil && short.followedSteps == 10)
    #expect(short.description.hasSuffix("not to 1e-06 within 10 steps"))
  }

  // tanh(2h) has the stable points ±0.9575, and a state of 0.02 is easily pushed below zero.
  @Test func `does not take place if another attractor is reached`() throws {
    let cell = VanillaCell(
      GateWeights<Double>(input: .zeros([1, 1]), recurrent: Tensor([2], shape: [1, 1])))
    var random = RandomSource(seed: 1)
    let trajectory = try Trajectory(of: CellRecurrence(cell, from: Tensor([0.02])), steps: 400)
    #expect(DisturbanceRecovery(along: trajectory, using: &random).steps == nil)
    #expect(DisturbanceRecovery(along: trajectory, size: 1e-4, using: &random).steps != nil)
  }

  // A proven recovery time in the Euclidean norm bounds the measured one.
  @Test func `is within the bound that the weights prove`() throws {
    var random = RandomSource(seed: 3)
    for seed in 0..<4 {
      var weights = RandomSource(seed: UInt64(seed))
      var cell = VanillaCell<Double>(inputSize: 2, hiddenSize: 6, using: &weights)
      cell.weights.recurrent *= 0.7
      let bounds = try ContractionReport.vanilla(
        recurrentWeight: cell.weights.recurrent, slopeBound: 1)
      let proven = try #require(
        bounds.conditions.first { $0.name.contains("Euclidean") }?.recoverySteps)
      let trajectory = try Trajectory(
        of: CellRecurrence(cell, reading: random.normal([200, 2])))
      let measured = DisturbanceRecovery(along: trajectory, using: &random)
      #expect(try #require(measured.steps) <= proven)
    }
  }
}
