public import BackflowKernels
internal import BackflowLayers
public import BackflowLinearAlgebra
internal import RealModule

/// Compares the gradient of an elementwise function with the function itself.
///
/// A loss is evaluated at errors δ of ±{0.5, 2, 10, 100}·k on both sides of a suspected kink k,
/// where clipped losses differ from correct ones, and its gradient is compared with the central
/// difference (ℓ(δ + h) − ℓ(δ − h))/2h. At the kink itself the loss must not jump.
///
///     let audit = LossAudit<Double>(scale: 1) { (clippedSquare($0), itsGradient($0)) }
///     print(audit.findings())
///
/// Any other function is evaluated at points of your choice:
/// `LossAudit("softplus", at: [-3, 0, 3], minimum: 0)`.
public struct LossAudit<Scalar: RealScalar>: Sendable {
  /// One point at which the function was evaluated.
  public struct Trial: Sendable, Equatable {
    /// δ
    public let error: Double
    /// ℓ(δ)
    public let loss: Double
    /// ℓ′(δ), as the audited function returns it
    public let gradient: Double
    /// ℓ′(δ), from the central difference
    public let difference: Double

    /// Whether nothing is learned from such an error although its loss is above `minimum`.
    public func isSilenced(above minimum: Double) -> Bool { gradient == 0 && loss > minimum }

    var isFinite: Bool { loss.isFinite && gradient.isFinite }
  }

  /// The audited function: points [n] to values [n] and gradients [n].
  public typealias Function =
    (Tensor<Scalar>) -> (values: Tensor<Scalar>, gradient: Tensor<Scalar>)

  /// The name under which it is reported.
  public let name: String
  /// The trials in the order of their points.
  public let trials: [Trial]
  /// The minimum of the function: of a loss its value at δ = 0. `nil` if it is not known.
  public let minimum: Double?
  /// The points at which the gradient is not the derivative.
  public let inconsistent: [Double]
  /// The points at which the function or its gradient is NaN or infinite.
  public let nonFinite: [Double]
  /// The kinks ±k at which the loss jumps, which no gradient shows.
  public private(set) var jumps: [Double] = []
  /// The points in words, for the source of a finding, and their number.
  private let points: (text: String, count: Int)
  private let isOfErrors: Bool

  /// Audits a loss of errors with its minimum at δ = 0; `scale` is k.
  ///
  /// - Precondition: k is positive and finite, and the loss maps errors δ [n] to losses [n] and
  ///   gradients [n].
  public init(_ name: String = "the loss", scale: Double = 1, _ loss: Function) {
    SettingRange.positive.check(scale, "the scale", of: name, in: Scalar.self)
    let errors = [-100, -10, -2, -0.5, 0.5, 2, 10, 100].map { $0 * scale }
    let least = Self.values(of: loss, at: [0], name)[0]
    self.init(
      name, loss, at: errors, unit: scale, minimum: least.isFinite ? least : nil, isOfErrors: true,
      points: ("δ = ±{0.5, 1, 2, 10, 100} k", errors.count + 2))
    jumps = Self.jumps(of: loss, at: scale, trials, name)
  }

  /// Audits an elementwise function at these points, which must not be kinks. Given the `minimum`
  /// of the function, it also looks for points above the minimum without a gradient.
  ///
  /// - Precondition: The points are finite, and the function maps points [n] to values [n] and
  ///   gradients [n].
  public init(
    _ name: String = "the function", at points: [Double], minimum: Double? = nil,
    _ function: Function
  ) {
    require(points.allSatisfy(\.isFinite), "\(name): points \(points) are not all finite")
    let unit = points.map(\.magnitude).filter { $0 > 0 }.min() ?? 1
    self.init(
      name, function, at: points, unit: unit, minimum: minimum, isOfErrors: false,
      points: ("\(points.count) points", points.count))
  }

  private init(
    _ name: String, _ function: Function, at points: [Double], unit: Double, minimum: Double?,
    isOfErrors: Bool, points described: (text: String, count: Int)
  ) {
    (self.name, self.minimum, self.isOfErrors) = (name, minimum, isOfErrors)
    self.points = described
    // h = ε^⅓ · max(|δ|, k) balances rounding and curvature.
    let h = Self.spacing
    let steps = points.map { h * Swift.max($0.magnitude, unit) }
    let (values, gradient) = function(Tensor(points.map { Scalar($0) }))
    require(
      values.count == points.count && gradient.count == points.count,
      "\(name): \(values.count) losses and \(gradient.count) gradients instead of"
        + " \(points.count) each"
    )
    let above = Self.values(of: function, at: zip(points, steps).map { $0 + $1 }, name)
    let below = Self.values(of: function, at: zip(points, steps).map { $0 - $1 }, name)
    let trials = points.indices.map {
      Trial(
        error: points[$0], loss: Double(values.elements[$0]),
        gradient: Double(gradient.elements[$0]),
        difference: (above[$0] - below[$0]) / (2 * steps[$0]))
    }
    self.trials = trials
    nonFinite =
      (isOfErrors && minimum == nil ? [0] : [])
      + trials.filter { !$0.isFinite }.map(\.error)
    // The tolerance: a part of either slope, the effect of curvature, which is proportional to h²,
    // and the rounding of the two values.
    let curvature = 10 * h * h * Self.largestSlope(trials)
    inconsistent = points.indices.filter { index in
      let trial = trials[index]
      guard trial.isFinite else { return false }
      let rounding =
        10 * Double(Scalar.ulpOfOne) * Swift.max(above[index].magnitude, below[index].magnitude)
        / steps[index]
      let larger = Swift.max(trial.gradient.magnitude, trial.difference.magnitude)
      let difference = (trial.gradient - trial.difference).magnitude
      return !(difference <= 10 * h * larger + curvature + rounding)
    }.map { points[$0] }
  }

  private static var spacing: Double { .root(Double(Scalar.ulpOfOne), 3) }

  private static func largestSlope(_ trials: [Trial]) -> Double {
    trials.flatMap { [$0.gradient.magnitude, $0.difference.magnitude] }.filter(\.isFinite).max()
      ?? 0
  }

  private static func values(
    of function: Function, at points: [Double], _ name: String
  ) -> [Double] {
    let values = function(Tensor(points.map { Scalar($0) })).values
    require(
      values.count == points.count, "\(name): \(values.count) losses instead of \(points.count)")
    return values.elements.map { Double($0) }
  }

  /// The slopes at ½ k and 2 k on either side bound the one at k, if there is only one kink.
  private static func jumps(
    of loss: Function, at scale: Double, _ trials: [Trial], _ name: String
  ) -> [Double] {
    let slopes = trials.map(\.difference.magnitude)
    let bends = [(-scale, slopes[2], slopes[3]), (scale, slopes[4], slopes[5])]
    return bends.filter { bend, one, other in
      let pair = values(of: loss, at: [bend * (1 - spacing), bend * (1 + spacing)], name)
      let slope = (pair[1] - pair[0]).magnitude / (2 * spacing * scale)
      return slope > 2 * Swift.max(one, other) + 10 * spacing * largestSlope(trials)
    }.map(\.0)
  }

  /// The points without a gradient although the function is above its minimum.
  public var silenced: [Double] {
    minimum.map { minimum in
      trials.filter { $0.isSilenced(above: minimum) }.map(\.error)
    } ?? []
  }

  /// The errors whose loss is not above the loss at δ = 0: a one-sided mask or a missing constant.
  /// Empty if the points are not errors.
  public var unseen: [Double] {
    guard isOfErrors, let minimum else { return [] }
    return trials.filter { $0.isFinite && $0.loss <= minimum }.map(\.error)
  }
}

extension LossAudit {
  private typealias Check = (errors: [Double], statement: String, cure: String)

  /// The defects of the function: a finding for a missing gradient, and one for a wrong gradient.
  public func findings(step: Int = 0) -> [Finding] {
    let blocked: [Check] = [
      (
        silenced, "has a gradient of exactly zero where it is not at its minimum",
        "Do not clip inside the loss: use a Huber loss, or clip the gradient."
      ),
      (
        unseen, "is no greater than the loss of no error",
        "Take the magnitude in the mask, |δ| > k, and k(|δ| − k/2) beyond it."
      ),
    ]
    let wrong: [Check] = [
      (
        nonFinite, "is NaN or infinite, or its gradient is",
        "Look for a logarithm of 0, a division by 0, an exponential that overflows."
      ),
      (
        inconsistent, "has a gradient that is not its derivative",
        "Derive the backward pass again, piece by piece; check it with GradientCheck."
      ),
      (jumps, "jumps", "Let the branches meet: beyond the kink, k(|δ| − k/2)."),
    ]
    return [
      finding(
        .blockedGradient, blocked, step,
        reason: "Nothing is learned from such errors, however large they are."),
      finding(
        .wrongGradient, wrong, step, reason: "The wrong thing is learned from such errors."),
    ].compactMap { $0 }
  }

  private func finding(
    _ kind: Finding.Kind, _ checks: [Check], _ step: Int, reason: String
  ) -> Finding? {
    let failed = checks.filter { !$0.errors.isEmpty }
    if failed.isEmpty { return nil }
    let errors = Set(failed.flatMap(\.errors))
    let statements = failed.map {
      "\($0.statement), at δ = \($0.errors.map(figure).joined(separator: ", "))"
    }
    return Finding(
      kind, .failure, layer: name, step: step,
      measured: Double(errors.count) / Double(points.count), threshold: 0,
      source: "share of the trials at \(points.text)",
      statement: name + " " + statements.joined(separator: "; it "), reason: reason,
      cure: failed.map(\.cure).joined(separator: " "))
  }
}
