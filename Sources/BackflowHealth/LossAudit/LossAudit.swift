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
/// A correct loss does not fall again on the way from its minimum outwards, and its gradient is
/// zero at the minimum only. The minimum may be flat, as of an ε-insensitive loss, or on one side,
/// as of a hinge loss. At a kink, any slope between those of both sides is right.
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
  /// The minimum of the function: of a loss, the least at δ = 0 and the trials. `nil` if it is not
  /// known.
  public let minimum: Double?
  /// The points at which the gradient is not the derivative.
  public let inconsistent: [Double]
  /// The points at which the function or its gradient is NaN or infinite.
  public let nonFinite: [Double]
  /// The errors whose loss is below that of an error nearer to 0 from which it falls on both sides,
  /// as of a one-sided mask; all errors if the loss is constant. Empty if the points are not
  /// errors.
  public private(set) var unseen: [Double] = []
  /// The kinks ±k at which the loss jumps, which no gradient shows.
  public private(set) var jumps: [Double] = []
  /// The points in words, for the source of a finding, and their number.
  let points: (text: String, count: Int)

  /// Audits a loss of errors; `scale` is k.
  ///
  /// - Precondition: k is positive and finite, and the loss maps errors δ [n] to losses [n] and
  ///   gradients [n].
  public init(_ name: String = "the loss", scale: Double = 1, _ loss: Function) {
    SettingRange.positive.check(scale, "the scale", of: name, in: Scalar.self)
    let errors = [-100, -10, -2, -0.5, 0.5, 2, 10, 100].map { $0 * scale }
    let least = Self.values(of: loss, at: [0], name)[0]
    self.init(
      name, loss, at: errors, unit: scale, minimum: nil, atZero: least,
      points: ("δ = ±{0.5, 1, 2, 10, 100} k", errors.count + 2))
    jumps = Self.jumps(of: loss, at: scale, trials, name)
    guard least.isFinite else { return }
    unseen = Self.unseen(trials, atZero: least)
    if trials.allSatisfy({ $0.loss == least && $0.gradient == 0 }),
      // The flat minimum of a correct loss ends somewhere.
      Self.values(of: loss, at: [-1e6 * scale, 1e6 * scale], name).allSatisfy({ $0 == least })
    {
      unseen = errors
    }
  }

  /// Audits an elementwise function at these points. Given the `minimum` of the function, it also
  /// looks for points above the minimum without a gradient.
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
      name, function, at: points, unit: unit, minimum: minimum, atZero: nil,
      points: ("\(points.count) points", points.count))
  }

  private init(
    _ name: String, _ function: Function, at points: [Double], unit: Double, minimum: Double?,
    atZero: Double?, points described: (text: String, count: Int)
  ) {
    (self.name, self.points) = (name, described)
    // h = ε^⅓ · max(|δ|, k) balances rounding and curvature.
    let h = Self.spacing
    let steps = points.map { h * Swift.max($0.magnitude, unit) }
    let (losses, gradient) = function(Tensor(points.map { Scalar($0) }))
    require(
      losses.count == points.count && gradient.count == points.count,
      "\(name): \(losses.count) losses and \(gradient.count) gradients instead of"
        + " \(points.count) each"
    )
    func along(_ multiple: Double) -> [Double] {
      Self.values(of: function, at: zip(points, steps).map { $0 + multiple * $1 }, name)
    }
    let (above, below, farAbove, farBelow) = (along(1), along(-1), along(2), along(-2))
    let trials = points.indices.map {
      Trial(
        error: points[$0], loss: Double(losses.elements[$0]),
        gradient: Double(gradient.elements[$0]),
        difference: (above[$0] - below[$0]) / (2 * steps[$0]))
    }
    self.trials = trials
    self.minimum =
      atZero.flatMap { $0.isFinite ? trials.filter(\.isFinite).map(\.loss).reduce($0, min) : nil }
      ?? minimum
    nonFinite =
      (atZero?.isFinite == false ? [0] : [])
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
      let tolerance = 10 * h * larger + curvature + rounding
      if difference <= tolerance { return false }
      // With a kink between δ − h and δ + h, both lie between the slopes beside it. With a jump,
      // the difference does not.
      let left = (below[index] - farBelow[index]) / steps[index]
      let right = (farAbove[index] - above[index]) / steps[index]
      return ![trial.gradient, trial.difference].allSatisfy {
        min(left, right) - tolerance <= $0 && $0 <= max(left, right) + tolerance
      }
    }.map { points[$0] }
  }

  static var spacing: Double { .root(Double(Scalar.ulpOfOne), 3) }

  static func largestSlope(_ trials: [Trial]) -> Double {
    trials.flatMap { [$0.gradient.magnitude, $0.difference.magnitude] }.filter(\.isFinite).max()
      ?? 0
  }

  static func values(
    of function: Function, at points: [Double], _ name: String
  ) -> [Double] {
    let values = function(Tensor(points.map { Scalar($0) })).values
    require(
      values.count == points.count, "\(name): \(values.count) losses instead of \(points.count)")
    return values.elements.map { Double($0) }
  }

  /// The points without a gradient although the function is above its minimum.
  ///
  /// A convex function is above its minimum by at most its slope times the distance. A slope that
  /// rounds to zero is at most ε times the largest.
  public var silenced: [Double] {
    guard let minimum, let least = trials.map(\.error).min(), let most = trials.map(\.error).max()
    else { return [] }
    let distance = Swift.max(most, 0) - Swift.min(least, 0)
    let rounding = Double(Scalar.ulpOfOne) * Self.largestSlope(trials) * distance
    return trials.filter { $0.isSilenced(above: minimum + rounding) }.map(\.error)
  }
}
