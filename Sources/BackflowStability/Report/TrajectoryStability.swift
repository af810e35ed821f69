internal import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// The Lyapunov exponents of a layer along the trajectories of one or several samples, with two
/// other rates that must equal λ_1 and a check of the sum.
public struct TrajectoryStability: Sendable, Equatable, Codable {
  /// The number of steps over all samples that the exponents are averaged over.
  public let steps: Int
  /// The number of steps at the start of a sample that were left out, until the state reached its
  /// attractor: the largest if the samples have different lengths.
  public let discardedSteps: Int
  /// The number of samples.
  public let samples: Int
  /// λ_1 ≥ λ_2 ≥ …, weighted by the steps of the samples.
  @ExtendedReals public private(set) var exponents: [Double]
  /// The standard errors: the larger of that within the samples and that between them; NaN if
  /// there is neither.
  @ExtendedReals public private(set) var standardErrors: [Double]
  /// The |λ_1| above which its sign is known: 3 standard errors, and 2/T over the T steps of the
  /// shortest sample, because turning may change the length of a vector by a factor of e². NaN if
  /// there is no standard error.
  @ExtendedReal public private(set) var resolution: Double
  /// The number of steps at which each exponent was lost to rounding; see
  /// `LyapunovSpectrum.lostSteps`.
  public let lostSteps: [Int]
  /// The unit of the exponents.
  public let unit: String
  /// The standard deviation of λ_1 between the samples, or `nil` for a single one or a λ_1 of −∞.
  public let spread: Double?
  /// The largest |Σλ_i − mean ln |det J_t|| of a sample, or `nil` if not all exponents were
  /// computed.
  public var sumRuleError: Double? { sumRule?.wrappedValue }
  private let sumRule: ExtendedReal?
  /// The mean rate along the first vector of the basis, which is λ_1 unless the trajectory is too
  /// short for the vectors to turn. The next two rates are measured along the same vector.
  @ExtendedReal public private(set) var leadingRate: Double
  /// The rate at which two nearby trajectories separate, without Jacobians.
  @ExtendedReal public private(set) var twoTrajectoryRate: Double
  /// The rate of a gradient in the backward pass of the layer.
  @ExtendedReal public private(set) var backwardRate: Double
  /// The largest difference of these two rates from `leadingRate` that rounding explains: 1e-6,
  /// more if one step shrinks differences by more than 1e3, and up to 3 standard errors if rounding
  /// separates the states.
  @ExtendedReal public private(set) var rateTolerance: Double
  /// The Kaplan–Yorke dimension; 0 if λ_1 < 0, `nil` if more exponents are needed.
  public let kaplanYorke: Double?
  /// The sum of the positive exponents.
  public let entropyRate: Double
  /// The spectrum of the first sample, with its running means.
  public let first: LyapunovSpectrum
  /// The largest factor of W_hh in a Jacobian: sup φ′ (times the leak) on the trajectory, for a
  /// cell with one gate.
  public let measuredSlope: Double?

  private enum CodingKeys: String, CodingKey {
    case steps, samples, exponents, resolution, unit, spread, first
    case lostSteps = "lost_steps"
    case discardedSteps = "discarded_steps"
    case standardErrors = "standard_errors"
    case sumRule = "sum_rule_error"
    case leadingRate = "leading_rate"
    case twoTrajectoryRate = "two_trajectory_rate"
    case backwardRate = "backward_rate"
    case rateTolerance = "rate_tolerance"
    case kaplanYorke = "kaplan_yorke"
    case entropyRate = "entropy_rate"
    case measuredSlope = "measured_slope"
  }

  /// The sign of λ_1: 1, −1, or 0 if it is not known.
  var sign: Int {
    largest == -.infinity ? -1 : abs(largest) > resolution ? (largest > 0 ? 1 : -1) : 0
  }

  /// λ_1
  public var largest: Double { exponents.first ?? -.infinity }

  /// Whether the leading rate agrees with that of two trajectories. If not, the Jacobians do not
  /// describe the forward pass, as where a state is at a kink of ReLU.
  /// Trajectories that merged decide nothing.
  public var agreesWithTwoTrajectories: Bool { trajectoriesMerged || agrees(twoTrajectoryRate) }

  /// Whether two nearby trajectories became equal in rounding, although λ_1 is finite, as where all
  /// units are saturated.
  public var trajectoriesMerged: Bool { twoTrajectoryRate == -.infinity && leadingRate.isFinite }

  /// Whether the leading rate agrees with that of the backward pass. If it does not, the backward
  /// pass is not that of the Jacobians.
  public var agreesWithBackwardPass: Bool { agrees(backwardRate) }

  /// Whether Σλ agrees with ln |det J| to a relative 1e-6, or `nil` if not all exponents were
  /// computed.
  public var agreesWithDeterminants: Bool? {
    sumRuleError.map { $0 <= 1e-6 * max(1, abs(exponents.reduce(0, +))) || $0 == 0 }
  }

  private func agrees(_ rate: Double) -> Bool {
    rate == leadingRate || abs(rate - leadingRate) <= rateTolerance
  }

  /// The exponents and rates of one sample.
  struct Sample {
    let discardedSteps: Int
    /// The number of steps after which states are computed again.
    let pieceLength: Int
    let spectrum: LyapunovSpectrum
    let twoTrajectories, backward: GrowthRate
    let measuredSlope: Double?
  }

  init(_ parts: [Sample]) {
    let weights = parts.map { Double($0.spectrum.steps) }
    let total = weights.reduce(0, +)
    func mean(_ values: [Double]) -> Double {
      zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } / total
    }
    func deviation(_ values: [Double]) -> Double {
      let center = mean(values)
      let squares = values.reduce(0) { $0 + ($1 - center) * ($1 - center) }
      return (squares / Double(values.count - 1)).squareRoot()
    }
    // The exponents of a sample are averaged in the order of its basis: sorting them first would
    // raise the mean of the largest.
    let count = parts.map(\.spectrum.exponents.count).min() ?? 0
    let averaged = (0..<count).map { index -> (mean: Double, error: Double, lost: Int) in
      let values = parts.map { $0.spectrum.exponents[index] }
      let errors = parts.map { $0.spectrum.standardErrors[index] }
      let within = zip(errors, weights).reduce(0) { $0 + $1.0 * $1.0 * $1.1 * $1.1 }
      let inside = within.squareRoot() / total
      let lost = parts.reduce(0) { $0 + $1.spectrum.lostSteps[index] }
      guard parts.count > 1 else { return (mean(values), inside, lost) }
      let between = deviation(values) / Double(parts.count).squareRoot()
      return (
        mean(values), between.isNaN ? inside : inside.isNaN ? between : max(inside, between), lost
      )
    }.sorted { $0.mean > $1.mean }
    let (means, errors) = (averaged.map(\.mean), averaged.map(\.error))
    (exponents, standardErrors) = (means, errors)
    lostSteps = averaged.map(\.lost)
    (steps, samples) = (parts.reduce(0) { $0 + $1.spectrum.steps }, parts.count)
    discardedSteps = parts.map(\.discardedSteps).max() ?? 0
    unit = "nats per step"
    let difference = deviation(parts.map { $0.spectrum.exponents[0] })
    spread = parts.count > 1 && difference.isFinite ? difference : nil
    sumRule = parts.compactMap(\.spectrum.sumRuleError).max()
      .map { ExtendedReal(wrappedValue: $0) }
    let rate = mean(parts.map(\.spectrum.exponents[0]))
    leadingRate = rate
    twoTrajectoryRate = mean(parts.map(\.twoTrajectories.rate))
    backwardRate = mean(parts.map(\.backward.rate))
    let error = errors[0].isNaN ? 0 : errors[0]
    // The states are computed again from those before each piece. Over a piece, their rounding
    // errors grow, if the rate is positive, and the rates then agree only statistically.
    let piece = Double(parts.map(\.pieceLength).max() ?? 1)
    let separation = 1e-14 * Double.exp(max(0, rate) * piece)
    rateTolerance = 1e-6 + 1e-9 * Double.exp(max(0, -rate)) + min(separation, 3 * error)
    let shortest = Double(parts.map(\.spectrum.steps).min() ?? 1)
    resolution = 3 * errors[0] + 2 / shortest
    first = parts[0].spectrum
    kaplanYorke = LyapunovSpectrum.kaplanYorkeDimension(of: means)
    entropyRate = means.reduce(0) { $0 + max(0, $1) }
    measuredSlope = parts.compactMap(\.measuredSlope).max()
  }
}
