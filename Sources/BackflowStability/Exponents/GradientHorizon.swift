internal import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// The number of steps after which a gradient has lost a given factor, measured through the product
/// of the Jacobians of a trajectory,
///
///     δ_{t−1} = J_tᵀ δ_t
///
/// beside its prediction from λ_1. A gradient enters in the output at several steps, in random
/// directions, and is followed back without any other gradient; a loss at other steps does not
/// count as growth. Norms are kept as logarithms, so that nothing overflows or underflows, and are
/// averaged as squares: the mean of ‖δ‖² over directions is ‖J_tᵀ ⋯ J_Tᵀ‖_F² divided by their
/// number, whichever directions are chosen, and one direction that dies does not decide.
public struct GradientHorizon: Sendable, Equatable, Codable {
  /// The factor, such as 1e-6.
  public let factor: Double
  /// The first number of steps after which the norm is at most `factor` of the norm that entered,
  /// and stays there; `nil` if the gradient was followed over `followedSteps` steps and is larger.
  public let steps: Int?
  /// ln(factor)/λ_1, or ∞ if λ_1 ≥ 0, where nothing is lost in the long run.
  @ExtendedReal public private(set) var predictedSteps: Double
  /// The number of steps over which the gradient was followed.
  public let followedSteps: Int
  /// The logarithm of the root mean square of ‖δ‖ after k = 0, 1, … steps back, over all gradients
  /// that were followed so far; −∞ if all are exactly zero.
  @ExtendedReals public private(set) var logNorms: [Double]
  /// The number of gradients that could be followed to each lag, which falls where the first of
  /// them reach the start of the trajectory.
  public let counts: [Int]
  /// The paths of the gradient within a step, for a cell that states them, or `nil`.
  public let paths: GradientPathBudget?

  private enum CodingKeys: String, CodingKey {
    case factor, steps, counts, paths
    case predictedSteps = "predicted_steps"
    case followedSteps = "followed_steps"
    case logNorms = "log_norms"
  }

  /// Follows gradients back along a trajectory.
  ///
  /// - Parameters:
  ///   - trajectory: The trajectory.
  ///   - factor: The factor, between 0 and 1.
  ///   - rate: λ_1, for the prediction.
  ///   - starts: The largest number of steps at which gradients enter, spread over the second half
  ///     of the trajectory. The last is its end.
  ///   - directions: The number of random directions at each of these steps.
  ///   - limit: The largest number of steps over which a gradient is followed.
  ///   - random: The source of the directions.
  /// - Precondition: The factor is between 0 and 1, and the counts are positive.
  /// - Complexity: O(starts·lags·S²)
  public init<R: Recurrence>(
    along trajectory: Trajectory<R>, factor: Double = 1e-6, rate: Double, starts: Int = 4,
    directions: Int = 4, limit: Int = 10_000, using random: inout RandomSource
  ) {
    require(
      factor > 0 && factor < 1 && starts > 0 && directions > 0 && limit > 0,
      "GradientHorizon: the factor \(factor) must be between 0 and 1, and the counts \(starts),"
        + " \(directions) and \(limit) positive")
    let (range, size) = (trajectory.steps, trajectory.recurrence.stateSize)
    let output = trajectory.recurrence.outputRange
    let ends = Set((0..<starts).map { range.upperBound - $0 * range.count / (2 * starts) })
    var followed: [(reach: Int, logNorms: [[Double]])] = []
    var budget = GradientPathBudget.Sums()
    for end in ends.sorted(by: >) {
      var gradients = Tensor<Double>.zeros([size, directions])
      gradients.replaceSlice(output, with: random.normal([output.count, directions]))
      var following = FollowedGradients(gradients, target: Double.log(factor))
      trajectory.forEachPieceBackward(from: end) { _, steps in
        for step in steps.reversed() {
          guard following.lag < limit, !following.isDone else { return false }
          if end == range.upperBound { budget.add(step.derivative, following.first) }
          following.stepBack(through: step.derivative)
        }
        return true
      }
      followed.append((min(limit, end - range.lowerBound), following.logNorms))
    }
    let lags = followed.map(\.logNorms.count).max() ?? 0
    counts = (0..<lags).map { lag in directions * followed.count { $0.reach >= lag } }
    let means = zip(0..<lags, counts).map { lag, count in
      // Gradients that were given up are below the square of the factor.
      let logs = followed.flatMap { lag < $0.logNorms.count ? $0.logNorms[lag] : [] }
      return logRootMeanSquare(logs, count: count)
    }
    let target = Double.log(factor)
    let lastAbove = means.lastIndex { !($0 <= target) } ?? -1
    steps = lastAbove + 1 < means.count ? lastAbove + 1 : nil
    self.factor = factor
    predictedSteps = rate < 0 ? target / rate : .infinity
    followedSteps = means.count - 1
    logNorms = means
    paths = budget.mean
  }
}

/// Returns ½ ln (Σ e^{2·log}/count).
private func logRootMeanSquare(_ logs: [Double], count: Int) -> Double {
  guard let largest = logs.max(), largest > -.infinity else { return -.infinity }
  let sum = logs.reduce(0) { $0 + Double.exp(2 * ($1 - largest)) }
  return largest + Double.log(sum / Double(count)) / 2
}

/// Gradients in several directions on their way back.
private struct FollowedGradients {
  /// The gradients, [S, K], each scaled to norm 1.
  private var gradients: Tensor<Double>
  private var logs: [Double]
  private let target: Double
  /// ln ‖δ‖ of every direction after each number of steps.
  private(set) var logNorms: [[Double]]

  init(_ gradients: Tensor<Double>, target: Double) {
    self.gradients = gradients
    self.target = target
    logs = Array(repeating: 0, count: gradients.shape[1])
    logNorms = [logs]
    _ = normalize()
  }

  /// The number of steps so far.
  var lag: Int { logNorms.count - 1 }
  /// Whether all gradients have lost more than the square of the factor.
  var isDone: Bool { logs.allSatisfy { $0 < 2 * target } }
  /// The first gradient, [S].
  var first: Tensor<Double> { gradients.select(0, axis: 1) }

  mutating func stepBack(through derivative: any StateDerivative) {
    // A Jacobian near the limits of a double needs longer or shorter vectors.
    var exponent = 0
    var product = derivative.multiplyTransposed(gradients)
    let size = product.isFinite ? product.maxMagnitude() : .infinity
    if !(0x1p-900...0x1p900).contains(size) {
      exponent = size < 1 ? 200 : -200
      let scale = Double(sign: .plus, exponent: exponent, significand: 1)
      product = derivative.multiplyTransposed(gradients * scale)
    }
    gradients = product
    for (index, norm) in normalize().enumerated() {
      logs[index] += Double.log(norm) - Double(exponent) * Double.log(2)
    }
    logNorms.append(logs)
  }

  /// Scales every column to norm 1, and returns the norms before.
  private mutating func normalize() -> [Double] {
    let norms = (0..<gradients.shape[1]).map { gradients.select($0, axis: 1).norm() }
    gradients = gradients / Tensor(norms.map { $0 > 0 ? $0 : 1 })
    return norms
  }
}
