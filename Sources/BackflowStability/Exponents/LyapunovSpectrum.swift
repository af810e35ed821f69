public import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// The Lyapunov exponents of a recurrence along a trajectory: the mean growth rates, in nats per
/// step, of the volumes that its Jacobians span,
///
///     λ_1 + … + λ_k = lim 1/T ln vol_k(J_T ⋯ J_1),   λ_1 ≥ λ_2 ≥ …
///
/// λ_1 is the rate at which nearby states separate, and the rate of a gradient back through time. A
/// negative λ_1 means that the state forgets where it started and follows its input.
///
/// A basis Q of k orthonormal vectors is advanced by J_t and orthogonalized by Householder's QR
/// decomposition, and the logarithms of the diagonal of R are averaged (Benettin, Galgani,
/// Giorgilli and Strelcyn, Meccanica 15, 1980). Several steps are taken between two decompositions
/// while the condition of the product stays below `conditionLimit`.
public struct LyapunovSpectrum: Sendable, Equatable, Codable {
  /// λ_1, λ_2, …, λ_k, in nats per step, in the order of the basis, which is descending unless the
  /// trajectory is too short. −∞ where a step is exactly singular, or where the exponent is lost to
  /// rounding at every step.
  @ExtendedReals public private(set) var exponents: [Double]
  /// The standard error of each exponent, from the means of `blockCount` consecutive blocks; NaN
  /// for fewer than 2 blocks or an exponent of −∞. It does not include the systematic error of a
  /// finite trajectory, which is of the order of 1/T.
  @ExtendedReals public private(set) var standardErrors: [Double]
  /// The number of steps at which each exponent was lost to rounding, because the product of
  /// Jacobians was singular to working precision. Where it is not 0, the exponent is an upper bound
  /// within rounding.
  public let lostSteps: [Int]
  /// The number of steps over which the exponents are averaged.
  public let steps: Int
  /// The number of steps before them, in which the basis turned toward the leading directions.
  public let basisTransient: Int
  /// The number of blocks of the standard errors.
  public let blockCount: Int
  /// The numbers of steps after which `runningMeans` are taken.
  public let runningSteps: [Int]
  /// The exponents after the first steps, one array for each of `runningSteps`, which shows whether
  /// they have converged.
  public var runningMeans: [[Double]] { running.map(\.wrappedValue) }
  private let running: [ExtendedReals]
  /// The mean of ln |det J_t|, or `nil` if not all exponents were computed or the steps are too
  /// costly to decompose; see `sumRuleError`.
  public private(set) var meanLogDeterminant: ExtendedReal?
  /// |Σλ_i − mean ln |det J_t||, which is zero up to rounding, over the steps for which the
  /// determinant was computed and is not lost to rounding: a check of the computation. `nil` if
  /// there are none, and ∞ if only one of the two is −∞.
  public var sumRuleError: Double? { sumRule?.wrappedValue }
  private let sumRule: ExtendedReal?
  /// The number of QR decompositions.
  public let decompositions: Int

  /// The largest ratio of two elements of the diagonal of R between two decompositions. It bounds
  /// the condition number of the product from below, and the errors of the elements, which the
  /// column of the smallest one determines.
  public static var conditionLimit: Double { 1e6 }

  private enum CodingKeys: String, CodingKey {
    case exponents, steps, decompositions
    case standardErrors = "standard_errors"
    case lostSteps = "lost_steps"
    case basisTransient = "basis_transient"
    case blockCount = "block_count"
    case runningSteps = "running_steps"
    case running = "running_means"
    case meanLogDeterminant = "mean_log_determinant"
    case sumRule = "sum_rule_error"
  }

  /// Computes the exponents along a trajectory.
  ///
  /// - Parameters:
  ///   - trajectory: The trajectory.
  ///   - count: k, the number of exponents, or `nil` for all S.
  ///   - basisTransient: The number of steps at the start of the trajectory that turn the basis and
  ///     are not averaged; `nil` for a tenth of them.
  ///   - basis: The basis before the first step, [S, k] with independent columns, or `nil` for a
  ///     random one.
  ///   - random: The source of a random basis.
  /// - Precondition: The basis has k columns and at least as many rows.
  /// - Throws: `StabilityError` if a Jacobian is not finite or k is not in 1 ... S.
  /// - Complexity: O(k·S²) for each step, and O(k²·S) for each decomposition. The memory is O(S²).
  public init<R: Recurrence>(
    along trajectory: Trajectory<R>, count: Int? = nil, basisTransient: Int? = nil,
    basis: Tensor<Double>? = nil, using random: inout RandomSource
  ) throws(StabilityError) {
    self = try LyapunovSpectrum.withLeadingDirection(
      along: trajectory, count: count, basisTransient: basisTransient, basis: basis, using: &random
    ).spectrum
  }

  /// Computes the exponents along a trajectory as `init(along:count:basisTransient:basis:using:)`
  /// does, and the direction along which λ_1 was measured, with which `GrowthRate` checks it. The
  /// direction is `nil` if λ_1 is −∞.
  public static func withLeadingDirection<R: Recurrence>(
    along trajectory: Trajectory<R>, count: Int? = nil, basisTransient: Int? = nil,
    basis: Tensor<Double>? = nil, using random: inout RandomSource
  ) throws(StabilityError) -> (spectrum: LyapunovSpectrum, leading: LeadingDirection?) {
    let size = trajectory.recurrence.stateSize
    let count = count ?? size
    guard (1...max(1, size)).contains(count), size > 0 else {
      throw .exponentCount(count, stateSize: size)
    }
    let first: Tensor<Double> = basis ?? random.normal([size, count])
    require(
      first.shape == [size, count],
      "LyapunovSpectrum: a basis \(first.shape) instead of [\(size), \(count)]")
    let total = trajectory.steps.count
    let transient = min(max(0, basisTransient ?? total / 10), total - 1)
    var accumulator = try ExponentAccumulator(
      basis: first, transient: transient, steps: total - transient)
    try trajectory.forEachPiece { (_, steps) throws(StabilityError) in
      try accumulator.append(steps.map(\.derivative))
    }
    let spectrum = LyapunovSpectrum(accumulator, transient: transient)
    guard spectrum.exponents[0].isFinite else { return (spectrum, nil) }
    return (
      spectrum,
      LeadingDirection(
        steps: trajectory.steps.dropFirst(transient), start: accumulator.firstVector,
        end: accumulator.lastVector)
    )
  }

  private init(_ accumulator: ExponentAccumulator, transient: Int) {
    (exponents, standardErrors) = (accumulator.means, accumulator.standardErrors)
    lostSteps = accumulator.lost
    (steps, basisTransient) = (accumulator.measured, transient)
    blockCount = accumulator.blocks.count
    runningSteps = accumulator.running.map(\.steps)
    running = accumulator.running.map { ExtendedReals(wrappedValue: $0.means) }
    sumRule = accumulator.sumRuleError.map { ExtendedReal(wrappedValue: $0) }
    meanLogDeterminant = accumulator.meanLogDeterminant.map { ExtendedReal(wrappedValue: $0) }
    decompositions = accumulator.decompositions
  }

  /// λ_1, in nats per step.
  public var largest: Double { exponents.max() ?? -.infinity }

  /// The Kaplan–Yorke dimension of the attractor,
  ///
  ///     D = j + (λ_1 + … + λ_j)/|λ_{j+1}|
  ///
  /// where j is the largest number with a nonnegative sum: 0 if λ_1 < 0, and `nil` if the sum of
  /// the computed exponents is nonnegative and more exponents are needed (Kaplan and Yorke, 1979).
  public var kaplanYorkeDimension: Double? {
    LyapunovSpectrum.kaplanYorkeDimension(of: exponents)
  }

  static func kaplanYorkeDimension(of exponents: [Double]) -> Double? {
    var sum = 0.0
    for (j, exponent) in exponents.sorted(by: >).enumerated() {
      if sum + exponent < 0 {
        return exponent == -.infinity ? Double(j) : Double(j) - sum / exponent
      }
      sum += exponent
    }
    return nil
  }

  /// The sum of the positive exponents in nats per step, which bounds the rate at which the
  /// recurrence creates information (Ruelle; Pesin).
  public var entropyRate: Double { exponents.reduce(0) { $0 + max(0, $1) } }
}
