public import BackflowKernels
public import BackflowLinearAlgebra
internal import Foundation

/// Compares the gradient of any elementwise loss, as somebody wrote it, with the loss itself.
///
/// The loss is tried at errors δ of ±{0.5, 2, 10, 100}·k on both sides of a suspected bend k, where
/// clipped losses differ from right ones, and its gradient is compared with the central difference
/// (ℓ(δ + h) − ℓ(δ − h))/2h. At the bend itself the loss must not jump.
///
///     let audit = LossAudit<Double>(scale: 1) { delta in (clippedSquare(delta), itsGradient(delta)) }
///     print(audit.findings())
public struct LossAudit<Scalar: RealScalar>: Sendable {
  /// One error at which the loss was tried.
  public struct Trial: Sendable, Equatable {
    /// δ
    public let error: Double
    /// ℓ(δ)
    public let loss: Double
    /// ℓ′(δ), as the function under audit says
    public let gradient: Double
    /// ℓ′(δ), by the central difference
    public let difference: Double

    /// Whether nothing is learned from such an error although its loss is above `minimum`.
    public func isSilenced(above minimum: Double) -> Bool { gradient == 0 && loss > minimum }
  }

  /// The name under which it is reported.
  public let name: String
  /// The trials, in the order of their errors.
  public let trials: [Trial]
  /// The loss at δ = 0, which a loss of errors cannot fall below.
  public let minimum: Double
  /// The bends ±k at which the loss jumps, so that no gradient tells of the step.
  public let jumps: [Double]
  private let tolerance: Double

  /// Tries a loss that maps errors δ [n] to losses [n] and gradients [n]; `scale` is k. Stops if it
  /// returns another number of them.
  public init(
    _ name: String = "the loss", scale: Double = 1,
    _ loss: (Tensor<Scalar>) -> (values: Tensor<Scalar>, gradient: Tensor<Scalar>)
  ) {
    self.name = name
    let errors = [-100, -10, -2, -0.5, 0.5, 2, 10, 100].map { $0 * scale }
    // As far apart as balances rounding and curvature: h = ε^⅓ · max(|δ|, k).
    let h = cbrt(Double(Scalar.ulpOfOne))
    let steps = errors.map { h * Swift.max($0.magnitude, scale) }
    func losses(at points: [Double]) -> [Double] {
      let values = loss(Tensor(points.map { Scalar($0) })).values
      require(
        values.count == points.count, "\(name): \(values.count) losses of \(points.count) errors")
      return values.elements.map { Double($0) }
    }
    let (values, gradient) = loss(Tensor(errors.map { Scalar($0) }))
    require(
      values.count == errors.count && gradient.count == errors.count,
      "\(name): \(values.count) losses and \(gradient.count) gradients of \(errors.count) errors")
    let above = losses(at: zip(errors, steps).map { $0 + $1 })
    let below = losses(at: zip(errors, steps).map { $0 - $1 })
    trials = errors.indices.map {
      Trial(
        error: errors[$0], loss: Double(values.elements[$0]),
        gradient: Double(gradient.elements[$0]),
        difference: (above[$0] - below[$0]) / (2 * steps[$0]))
    }
    minimum = losses(at: [0])[0]
    let tolerance = 10 * h
    self.tolerance = tolerance
    // The slopes at ½ k and 2 k on either side bound the one at k, if the loss bends but once.
    let slopes = trials.map(\.difference.magnitude)
    let bounds = [-scale: Swift.max(slopes[2], slopes[3]), scale: Swift.max(slopes[4], slopes[5])]
    jumps = [-scale, scale].filter { bend in
      let pair = losses(at: [bend * (1 - h), bend * (1 + h)])
      let slope = (pair[1] - pair[0]).magnitude / (2 * h * scale)
      return slope > 2 * (bounds[bend] ?? 0) + tolerance
    }
  }

  /// The errors from which nothing is learned although their loss is above the minimum.
  public var silenced: [Double] {
    trials.filter { $0.isSilenced(above: minimum) }.map(\.error)
  }

  /// The errors at which the gradient is not the derivative of the loss.
  public var inconsistent: [Double] {
    trials.filter {
      !(($0.gradient - $0.difference).magnitude
        <= tolerance * Swift.max(1, $0.gradient.magnitude, $0.difference.magnitude))
    }.map(\.error)
  }

  /// The errors whose loss is not above that of no error: a one-sided mask, a missing constant.
  public var unseen: [Double] { trials.filter { !($0.loss > minimum) }.map(\.error) }
}

extension LossAudit {
  /// What is wrong with the loss, if anything, in one finding.
  public func findings(step: Int = 0) -> [Finding] {
    let checks: [(errors: [Double], statement: String, cure: String)] = [
      (
        silenced, "has a gradient of exactly zero where it is not at its minimum",
        "Do not clip inside the loss: use a Huber loss, or clip the gradient."
      ),
      (
        inconsistent, "has a gradient that is not its derivative",
        "Derive the backward pass again, piece by piece; check it with GradientCheck."
      ),
      (
        unseen, "is no greater than the loss of no error",
        "Take the magnitude in the mask, |δ| > k, and k(|δ| − k/2) beyond it."
      ),
      (jumps, "jumps", "Let the branches meet: beyond the bend, k(|δ| − k/2)."),
    ]
    let failed = checks.filter { !$0.errors.isEmpty }
    if failed.isEmpty { return [] }
    let errors = Set(failed.flatMap(\.errors))
    return [
      Finding(
        .blockedGradient, .failure, layer: name, step: step,
        measured: Double(errors.count) / Double(trials.count + 2), threshold: 0,
        source: "share of the trials at δ = ±{0.5, 1, 2, 10, 100} k",
        statement: name + " "
          + failed.map {
            "\($0.statement), at δ = \($0.errors.map(figure).joined(separator: ", "))"
          }
          .joined(separator: "; it "),
        reason: "Such errors teach nothing, or the wrong thing, however large they are.",
        cure: failed.map(\.cure).joined(separator: " "))
    ]
  }
}
