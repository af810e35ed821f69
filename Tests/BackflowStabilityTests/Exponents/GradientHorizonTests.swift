import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A gradient horizon` {
  private func horizon(
    _ matrix: Tensor<Double>, steps: Int, factor: Double = 1e-6, limit: Int = 10_000
  ) throws -> GradientHorizon {
    var random = RandomSource(seed: 1)
    let trajectory = try Trajectory(of: KnownSystems.linear(matrix), steps: steps)
    return GradientHorizon(
      along: trajectory, factor: factor, rate: -1, limit: limit, using: &random)
  }

  @Test(arguments: [0.3, 0.9]) func `of a scaled rotation is that of its factor`(
    scale: Double
  ) throws {
    let found = try horizon(orthogonal(5) * scale, steps: 400)
    #expect(found.steps == Int((Foundation.log(1e-6) / Foundation.log(scale)).rounded(.up)))
    for (lag, norm) in found.logNorms.enumerated() {
      #expect(abs(norm - Double(lag) * Foundation.log(scale)) < 1e-10)
    }
  }

  // Half of the directions vanish in one step; the root mean square is that of the other half.
  @Test func `is not decided by a direction that dies`() throws {
    let found = try horizon(.diagonal(Tensor([0.9, 0])), steps: 400)
    let log = Foundation.log(0.9)
    for (lag, norm) in found.logNorms.enumerated().dropFirst() {
      #expect(norm.isFinite && norm < Double(lag) * log && norm > Double(lag) * log - 2)
    }
    #expect(found.counts.prefix(250).allSatisfy { $0 == 16 })
    // Four directions at each of four steps, by the definition of the root mean square.
    #expect(abs(try #require(found.steps) - Int(-6 * Foundation.log(10) / log)) <= 6)
  }

  @Test func `counts the gradients that were given up as zero`() throws {
    // The gradients of the last step die at once, those of earlier ones later.
    let recurrence = MapRecurrence(initialState: Tensor([0.5])) { x, _ in
      x
    } jacobian: { _, step in
      Tensor([step >= 95 ? 0 : 0.99], shape: [1, 1])
    }
    var random = RandomSource(seed: 1)
    let trajectory = try Trajectory(of: recurrence, steps: 100)
    let found = GradientHorizon(along: trajectory, rate: -0.01, starts: 2, using: &random)
    // The step 75 is the end of the other gradients: half of all are left.
    #expect(abs(found.logNorms[1] - Foundation.log(0.99) - Foundation.log(0.5) / 2) < 0.35)
    #expect(found.counts[60] == 8 && found.logNorms[60].isFinite)
  }

  @Test func `neither overflows nor underflows over many steps`() throws {
    let steps = isDebug ? 20_000 : 1_000_000
    let growing = try horizon(Tensor([2], shape: [1, 1]), steps: steps, limit: steps)
    #expect(growing.steps == nil && growing.followedSteps == steps)
    let last = try #require(growing.logNorms.last)
    #expect(abs(last / (Double(steps) * Foundation.log(2)) - 1) < 1e-9)
    // A loss of 1e-6 in 70 % of the steps.
    let rate = -6 * Foundation.log(10) / (0.7 * Double(steps))
    let shrinking = try horizon(
      Tensor([Foundation.exp(rate)], shape: [1, 1]), steps: steps, limit: steps)
    #expect(abs(try #require(shrinking.steps) - steps * 7 / 10) <= 1)
  }

  // An input gate with a bias of 100 is saturated, and the other gates of small weights are not.
  @Test func `shows what is lost in a saturated gate`() throws {
    var random = RandomSource(seed: 2)
    var cell = LSTMCell<Double>(inputSize: 2, hiddenSize: 5, using: &random)
    cell.weights.recurrent *= 0.1
    cell.weights.input *= 0.1
    cell.weights.inputBias?[0..<5] = .ones([5]) * 100
    let x: Tensor<Double> = random.normal([60, 2])
    let trajectory = try Trajectory(of: CellRecurrence(cell, reading: x))
    let paths = try #require(
      GradientHorizon(along: trajectory, rate: -0.3, using: &random).paths)
    #expect(paths.saturated[0] == 1 && paths.gates[0] == 0)
    #expect(paths.saturated[2...].allSatisfy { $0 < 0.1 })
  }
}
