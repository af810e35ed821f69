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
  /// The first number of steps after which the norm is at most `factor` of the norm that entered
  /// and stays there, as far as it was followed: gradients are given up below the square of the
  /// factor; `nil` if the gradient was followed over `followedSteps` steps and is larger.
  public let steps: Int?
  /// ln(factor)/λ_1, or ∞ if λ_1 ≥ 0, where nothing is lost in the long run.
  @ExtendedReal public private(set) var predictedSteps: Double
  /// The number of steps over which the gradient was followed.
  public let followedSteps: Int
  /// The logarithm of the root mean square of ‖δ‖ after k = 0, 1, … steps back, over all gradients
  /// that could be followed so far; −∞ if all are exactly zero. Where the number of gradients
  /// falls, the curve continues with the ratio of those that are left.
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
    var followed = ends.sorted(by: >).map { end in
      var gradients = Tensor<Double>.zeros([size, directions])
      gradients.replaceSlice(output, with: random.normal([output.count, directions]))
      return FollowedGradients(gradients, end: end, reach: min(limit, end - range.lowerBound))
    }
    let negligible = 2 * Double.log(factor)
    var budget = GradientPathBudget.Sums()
    trajectory.forEachPieceBackward(from: range.upperBound) { piece, steps in
      for (index, step) in zip(piece, steps).reversed() {
        let active = followed.indices.filter {
          followed[$0].end > index && followed[$0].isFollowed(downTo: negligible)
        }
        guard !active.isEmpty else { continue }
        if active.first == 0 { budget.add(step.derivative, followed[0].first) }
        let products = step.derivative.multiplyTransposedInRange(
          .concatenate(active.map { followed[$0].gradients }, axis: 1))
        for (place, index) in active.enumerated() {
          followed[index].replace(
            with: products.vectors.slice(
              place * directions..<(place + 1) * directions, axis: 1),
            logScale: products.logScale)
        }
      }
      return followed.contains { $0.isFollowed(downTo: negligible) }
    }
    let lags = followed.map(\.logNorms.count).max() ?? 0
    counts = (0..<lags).map { lag in directions * followed.count { $0.reach >= lag } }
    // From one lag to the next, only gradients count that were followed over both, so that the
    // curve does not jump where the first of them end.
    var means = [0.0]
    for lag in 1..<max(1, lags) {
      let alive = followed.filter { $0.reach >= lag }
      func mean(_ lag: Int) -> Double {
        // Gradients that were given up are negligible.
        let logs = alive.flatMap { lag < $0.logNorms.count ? $0.logNorms[lag] : [] }
        return logRootMeanSquare(logs, count: directions * alive.count)
      }
      let before = mean(lag - 1)
      means.append(before == -.infinity ? -.infinity : means[lag - 1] + mean(lag) - before)
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

/// Gradients in several directions that entered after the same step, on their way back.
private struct FollowedGradients {
  /// The number of the step before which they entered.
  let end: Int
  /// The largest number of steps that they can be followed.
  let reach: Int
  /// The gradients, [S, K], each scaled to norm 1.
  private(set) var gradients: Tensor<Double>
  /// ln ‖δ‖ of every direction after each number of steps, relative to what entered.
  private(set) var logNorms: [[Double]]

  init(_ gradients: Tensor<Double>, end: Int, reach: Int) {
    (self.gradients, self.end, self.reach) = (gradients, end, reach)
    logNorms = []
    replace(with: gradients, logScale: 0)
    logNorms = [logNorms[0].map { _ in 0 }]
  }

  /// The first gradient, [S].
  var first: Tensor<Double> { gradients.select(0, axis: 1) }

  /// Whether one of the gradients is not below a limit, and can be followed further.
  func isFollowed(downTo limit: Double) -> Bool {
    logNorms.count <= reach && !(logNorms.last?.allSatisfy { $0 < limit } ?? false)
  }

  /// Replaces the gradients by those before the step, times e^logScale.
  mutating func replace(with products: Tensor<Double>, logScale: Double) {
    let lengths = (0..<products.shape[1]).map { products.select($0, axis: 1).norm() }
    gradients = products / Tensor(lengths.map { $0 > 0 ? $0 : 1 })
    let before = logNorms.last ?? lengths.map { _ in 0 }
    logNorms.append(zip(before, lengths).map { $0 + Double.log($1) - logScale })
  }
}

extension StateDerivative {
  /// Returns Jᵀ D e^logScale for columns D of norm 1, where the scale is not 1 only for a Jacobian
  /// near the limits of a double.
  fileprivate func multiplyTransposedInRange(
    _ gradients: Tensor<Double>
  ) -> (vectors: Tensor<Double>, logScale: Double) {
    let product = multiplyTransposed(gradients)
    let size = product.isFinite ? product.maxMagnitude() : .infinity
    if (0x1p-400...0x1p400).contains(size) { return (product, 0) }
    let exponent = size < 1 ? 200 : -200
    let scale = Double(sign: .plus, exponent: exponent, significand: 1)
    return (multiplyTransposed(gradients * scale), Double(exponent) * Double.log(2))
  }
}
