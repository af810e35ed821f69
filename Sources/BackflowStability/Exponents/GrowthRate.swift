internal import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// A mean growth rate along a trajectory, which equals λ_1 if it is measured for long enough.
public struct GrowthRate: Sendable, Equatable, Codable {
  /// The mean growth rate, in nats per step; −∞ if the vector became exactly zero.
  @ExtendedReal public private(set) var rate: Double
  /// The standard error, from the means of consecutive blocks; NaN for fewer than 2 blocks.
  @ExtendedReal public private(set) var standardError: Double
  /// The number of steps over which the rate is averaged.
  public let steps: Int

  private enum CodingKeys: String, CodingKey {
    case rate, steps
    case standardError = "standard_error"
  }

  /// The mean of growth measured over parts of a trajectory, in their order.
  ///
  /// - Parameters:
  ///   - parts: The number of steps of each part, and the logarithm of the growth over them.
  ///   - transient: The number of steps at the start that are left out, in which the vector turns
  ///     toward the leading direction. At least one part remains.
  init(parts: [(steps: Int, logGrowth: Double)], leavingOut transient: Int) {
    var (left, kept) = (transient, parts[...])
    while left > 0, kept.count > 1, let first = kept.first, first.steps <= left {
      left -= first.steps
      kept = kept.dropFirst()
    }
    let steps = kept.reduce(0) { $0 + $1.steps }
    let total = kept.reduce(0) { $0 + $1.logGrowth }
    let mean = total / Double(max(1, steps))
    let blockCount = min(32, kept.count)
    let blocks = (0..<blockCount).map { block in
      let range = kept.count * block / blockCount..<kept.count * (block + 1) / blockCount
      return range.reduce((steps: 0, sum: 0.0)) { sum, index in
        let part = kept[kept.startIndex + index]
        return (sum.steps + part.steps, sum.sum + part.logGrowth)
      }
    }
    let variance =
      blocks.reduce(0) { sum, block in
        let deviation = block.sum / Double(block.steps) - mean
        return sum + deviation * deviation * Double(block.steps)
      } / Double(max(1, steps))
    rate = mean
    standardError = blockCount > 1 ? (variance / Double(blockCount - 1)).squareRoot() : .nan
    self.steps = steps
  }

  /// The rate at which two nearby trajectories separate (Benettin, Galgani and Strelcyn, Phys. Rev.
  /// A 14, 1976), which needs no Jacobian.
  ///
  /// Two states at ± d about the trajectory are advanced together, and their distance is scaled
  /// back to `distance` after a few steps.
  ///
  /// - Parameters:
  ///   - trajectory: The trajectory.
  ///   - expected: An estimate of the rate, which limits the steps between two scalings so that
  ///     the distance stays in the linear range and above rounding errors.
  ///   - distance: ‖d‖, relative to the norm of the state, or absolute if that is below 1.
  ///   - random: The source of the direction of d.
  /// - Complexity: Three forward passes.
  public static func ofTwoTrajectories<R: Recurrence>(
    along trajectory: Trajectory<R>, expected: Double, distance: Double = 1e-7,
    using random: inout RandomSource
  ) -> GrowthRate {
    let recurrence = trajectory.recurrence
    let size = recurrence.stateSize
    let length = max(1, min(32, Int(4 / max(0.01, expected.isFinite ? abs(expected) : 4))))
    var direction: Tensor<Double> = random.normal([size])
    direction = direction / direction.norm()
    var (state, parts) = (trajectory.start, [(steps: Int, logGrowth: Double)]())
    for part in Trajectory<R>.pieces(of: trajectory.steps, length: length) {
      let scale = distance * max(1, state.norm())
      let displacement = direction * scale
      let states = recurrence.advance(
        .stack([state + displacement, state - displacement, state]), through: part)
      let difference = (states.select(0) - states.select(1)) / (2 * scale)
      let growth = difference.norm()
      parts.append((part.count, Double.log(growth)))
      guard growth > 0 else { break }
      direction = difference / growth
      state = states.select(2)
    }
    return GrowthRate(parts: parts, leavingOut: trajectory.steps.count / 10)
  }

  /// The rate of a gradient back through time, by the backward pass with which the network is
  /// trained.
  ///
  /// A random gradient with respect to the last state is passed back to the first. If a layer's
  /// backward pass is wrong, the rate differs from λ_1 of the forward Jacobians.
  ///
  /// - Complexity: Two forward passes and one backward pass.
  public static func ofBackwardPass<R: Recurrence>(
    along trajectory: Trajectory<R>, expected: Double, using random: inout RandomSource
  ) -> GrowthRate {
    let recurrence = trajectory.recurrence
    let length = max(1, min(16, Int(400 / max(1, expected.isFinite ? abs(expected) : 400))))
    var gradient: Tensor<Double> = random.normal([recurrence.stateSize, 1])
    gradient = gradient / gradient.norm()
    var (parts, isZero) = ([(steps: Int, logGrowth: Double)](), false)
    trajectory.forEachPartBackward(length: length) { part, state in
      guard !isZero else { return }
      gradient = recurrence.pullBack(gradient, through: part, from: state)
      let growth = gradient.norm()
      parts.append((part.count, Double.log(growth)))
      isZero = !(growth > 0)
      gradient = gradient / growth
    }
    return GrowthRate(parts: parts, leavingOut: trajectory.steps.count / 10)
  }
}
