internal import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// A mean growth rate along a trajectory, which equals λ_1 if it is measured for long enough.
///
/// From a random direction, a rate is an independent estimate of λ_1, which agrees to within the
/// standard errors of both. Along the `LeadingDirection` of a spectrum it measures the growth over
/// the same steps as the spectrum, and agrees up to rounding, so that a difference shows an error
/// of a derivative.
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

  /// The mean of the logarithms of growth over parts of a trajectory, in the order of time.
  init(_ parts: [(steps: Int, sum: Double)]) {
    let count = max(1, min(BlockMeans.most, parts.count))
    let blocks = (0..<count).map { block in
      parts[parts.count * block / count..<parts.count * (block + 1) / count].reduce((0, 0.0)) {
        ($0.0 + $1.steps, $0.1 + $1.sum)
      }
    }
    let means = BlockMeans(blocks)
    (rate, standardError, steps) = (means.mean, means.standardError, means.steps)
  }

  /// The rate at which two nearby trajectories separate (Benettin, Galgani and Strelcyn, Phys. Rev.
  /// A 14, 1976), which needs no Jacobian.
  ///
  /// Two states at ± d about the trajectory are advanced together, and their distance is scaled
  /// back to `distance` after a few steps.
  ///
  /// - Parameters:
  ///   - trajectory: The trajectory.
  ///   - leading: The direction of d and the steps that are averaged, or `nil` for a random
  ///     direction, which turns during the first tenth of the steps.
  ///   - expected: An estimate of the rate, which limits the steps between two scalings so that
  ///     the distance stays in the linear range and above rounding errors.
  ///   - distance: ‖d‖, relative to the norm of the state, or absolute if that is below 1.
  ///   - random: The source of a random direction.
  /// - Complexity: Three forward passes.
  public static func ofTwoTrajectories<R: Recurrence>(
    along trajectory: Trajectory<R>, from leading: LeadingDirection? = nil, expected: Double,
    distance: Double = 1e-7, using random: inout RandomSource
  ) -> GrowthRate {
    let recurrence = trajectory.recurrence
    let length = max(1, min(32, Int(4 / max(0.01, expected.isFinite ? abs(expected) : 4))))
    let steps = leading?.steps ?? trajectory.steps.dropFirst(trajectory.steps.count / 10)
    let first = leading.map { $0.steps.lowerBound } ?? trajectory.steps.lowerBound
    var direction = leading?.start ?? random.normal([recurrence.stateSize])
    direction = direction / direction.norm()
    var (parts, isZero) = ([(steps: Int, sum: Double)](), false)
    trajectory.forEachPart(length: length, cut: steps.lowerBound) { part, state in
      guard !isZero, part.lowerBound >= first else { return }
      let scale = distance * max(1, state.norm())
      let displacement = direction * scale
      let states = recurrence.advance(
        .stack([state + displacement, state - displacement]), through: part)
      let difference = (states.select(0) - states.select(1)) / (2 * scale)
      let growth = difference.norm()
      isZero = !(growth > 0)
      direction = difference / growth
      if isZero || steps.contains(part.lowerBound) {
        parts.append((part.count, Double.log(growth)))
      }
    }
    return GrowthRate(parts)
  }

  /// The rate of a gradient back through time, by the backward pass with which the network is
  /// trained.
  ///
  /// A gradient with respect to the last state is passed back. If a layer's backward pass is wrong,
  /// the rate differs from λ_1 of the forward Jacobians. Along a leading direction, the gradient
  /// starts in its direction at the end, and the rate is that of its component in the direction at
  /// the start, q_startᵀ J_1ᵀ ⋯ J_Tᵀ q_end, which is NaN if the component has the wrong sign.
  ///
  /// - Parameters:
  ///   - trajectory: The trajectory.
  ///   - leading: The direction of the gradient and the steps that are averaged, or `nil` for a
  ///     random gradient, which turns during the last tenth of the steps.
  ///   - expected: An estimate of the rate, which limits the steps between two scalings.
  ///   - random: The source of a random gradient.
  /// - Complexity: Two forward passes and one backward pass.
  public static func ofBackwardPass<R: Recurrence>(
    along trajectory: Trajectory<R>, from leading: LeadingDirection? = nil, expected: Double,
    using random: inout RandomSource
  ) -> GrowthRate {
    let recurrence = trajectory.recurrence
    let length = max(1, min(16, Int(400 / max(1, expected.isFinite ? abs(expected) : 400))))
    let steps = leading?.steps ?? trajectory.steps.dropLast(trajectory.steps.count / 10)
    var gradient: Tensor<Double> =
      (leading?.end ?? random.normal([recurrence.stateSize]))
      .reshaped(to: [recurrence.stateSize, 1])
    gradient = gradient / gradient.norm()
    var (parts, isZero) = ([(steps: Int, sum: Double)](), false)
    trajectory.forEachPartBackward(
      length: length, cut: leading == nil ? steps.upperBound : steps.lowerBound
    ) { part, state in
      guard !isZero, part.upperBound > steps.lowerBound else { return }
      gradient = recurrence.pullBack(gradient, through: part, from: state)
      let growth = gradient.norm()
      isZero = !(growth > 0)
      if isZero || steps.contains(part.lowerBound) {
        parts.append((part.count, Double.log(growth)))
      }
      if !isZero { gradient = gradient / growth }
    }
    if let leading, !isZero, let last = parts.indices.last {
      parts[last].sum += Double.log((gradient.flattened * leading.start).sum())
    }
    return GrowthRate(parts.reversed())
  }
}
