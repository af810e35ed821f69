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
  /// more if one step shrinks differences by more than 1e3, and 3 standard errors where the rate
  /// may be positive, because rounding then separates the states.
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
    case steps, samples, exponents, unit, spread, first
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

  /// λ_1
  public var largest: Double { exponents.first ?? -.infinity }

  /// Whether the leading rate agrees with that of two trajectories. If not, the Jacobians do not
  /// describe the forward pass, as where a state is at a kink of ReLU.
  public var agreesWithTwoTrajectories: Bool { agrees(twoTrajectoryRate) }

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
    let sorted = parts.map { part in
      zip(part.spectrum.exponents, part.spectrum.standardErrors).sorted { $0.0 > $1.0 }
    }
    let count = sorted.map(\.count).min() ?? 0
    let means = (0..<count).map { index in mean(sorted.map { $0[index].0 }) }
    let errors = (0..<count).map { index -> Double in
      let within = zip(sorted, weights).reduce(0) {
        $0 + $1.0[index].1 * $1.0[index].1 * $1.1 * $1.1
      }
      let inside = within.squareRoot() / total
      guard parts.count > 1 else { return inside }
      let between = deviation(sorted.map { $0[index].0 }) / Double(parts.count).squareRoot()
      return between.isNaN ? inside : inside.isNaN ? between : max(inside, between)
    }
    (exponents, standardErrors) = (means, errors)
    (steps, samples) = (parts.reduce(0) { $0 + $1.spectrum.steps }, parts.count)
    discardedSteps = parts.map(\.discardedSteps).max() ?? 0
    unit = "nats per step"
    let difference = deviation(sorted.map { $0[0].0 })
    spread = parts.count > 1 && difference.isFinite ? difference : nil
    sumRule = parts.compactMap(\.spectrum.sumRuleError).max()
      .map { ExtendedReal(wrappedValue: $0) }
    let rate = mean(parts.map(\.spectrum.exponents[0]))
    leadingRate = rate
    twoTrajectoryRate = mean(parts.map(\.twoTrajectories.rate))
    backwardRate = mean(parts.map(\.backward.rate))
    let error = errors[0].isNaN ? 0 : errors[0]
    rateTolerance =
      1e-6 + 1e-9 * Double.exp(max(0, -rate))
      + (rate + 3 * error < 0 ? 0 : 3 * error)
    first = parts[0].spectrum
    kaplanYorke = LyapunovSpectrum.kaplanYorkeDimension(of: means)
    entropyRate = means.reduce(0) { $0 + max(0, $1) }
    measuredSlope = parts.compactMap(\.measuredSlope).max()
  }
}
