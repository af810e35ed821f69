internal import BackflowKernels
public import BackflowLinearAlgebra

/// The number of steps in which a trajectory forgets a disturbance of its state, measured.
///
/// Several disturbed copies of a state run under the same input as the state itself. The
/// disturbances are finite, so that the figure includes what the Jacobian does not tell, such as
/// another attractor that they reach.
public struct DisturbanceRecovery: Sendable, Equatable, Codable {
  /// The factor, such as 1e-6.
  public let factor: Double
  /// The root mean square of an element of a disturbance.
  public let size: Double
  /// The number of disturbances.
  public let disturbances: Int
  /// The first number of steps after which every difference is at most `factor` of the disturbance;
  /// `nil` if this is not the case within `followedSteps`.
  public let steps: Int?
  /// The number of steps over which the differences were followed.
  public let followedSteps: Int

  private enum CodingKeys: String, CodingKey {
    case factor, size, disturbances, steps
    case followedSteps = "followed_steps"
  }

  /// Disturbs the first state of a trajectory.
  ///
  /// - Parameters:
  ///   - trajectory: The trajectory.
  ///   - factor: The factor, between 0 and 1.
  ///   - size: The root mean square of an element of a disturbance.
  ///   - disturbances: The number of disturbances, whose elements are normally distributed.
  ///   - limit: The largest number of steps.
  ///   - random: The source of the disturbances.
  /// - Precondition: The factor is between 0 and 1, and the other arguments are positive.
  /// - Complexity: `disturbances` forward passes.
  public init<R: Recurrence>(
    along trajectory: Trajectory<R>, factor: Double = 1e-6, size: Double = 0.1,
    disturbances: Int = 8, limit: Int = 10_000, using random: inout RandomSource
  ) {
    require(
      factor > 0 && factor < 1 && size > 0 && disturbances > 0 && limit > 0,
      "DisturbanceRecovery: the factor \(factor) must be between 0 and 1, and the size \(size) and"
        + " the counts \(disturbances) and \(limit) positive")
    let recurrence = trajectory.recurrence
    let noise: Tensor<Double> = random.normal([disturbances, recurrence.stateSize])
    let before = noise * size
    var states = Tensor.concatenate([
      trajectory.start.reshaped(to: [1, recurrence.stateSize]), before + trajectory.start,
    ])
    let bounds = before.squared().sum(axis: 1).squareRoot() * factor
    var (count, recovered) = (0, false)
    for step in trajectory.steps.prefix(limit) where !recovered {
      states = recurrence.advance(states, through: step..<step + 1)
      count += 1
      let differences = states[1..<disturbances + 1] - states.select(0)
      recovered = zip(differences.squared().sum(axis: 1).squareRoot().elements, bounds.elements)
        .allSatisfy { $0 <= $1 }
    }
    (self.factor, self.size, self.disturbances) = (factor, size, disturbances)
    (steps, followedSteps) = (recovered ? count : nil, count)
  }
}

extension DisturbanceRecovery: CustomStringConvertible {
  /// The number of steps, in a clause.
  public var description: String {
    let kind = "\(disturbances) disturbances of \(size.text(significantDigits: 2)) in each element"
    guard let steps else {
      return "after \(kind), not to \(factor.text(significantDigits: 2)) within \(followedSteps)"
        + " step\(followedSteps == 1 ? "" : "s")"
    }
    return "after \(kind), to \(factor.text(significantDigits: 2)) within \(steps)"
      + " step\(steps == 1 ? "" : "s")"
  }
}
