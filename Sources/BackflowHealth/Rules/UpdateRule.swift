internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Steps that move a parameter too far, hardly or not at all, and weights that grow or shrink
/// beyond measure, compared with their own past.
///
/// Only weights are checked for steps that are too long, as in makemore: a bias starts at zero, and
/// its first steps are longer than it is.
struct UpdateRule<Scalar: RealScalar>: HealthRule {
  /// What is remembered of a parameter.
  struct Past: Sendable, Codable {
    /// ‖θ‖ when it was first seen, for a weight at least that of a random one.
    let start: Double
    /// ‖θ‖ when it was first seen.
    let norm: Double
    let firstStep: Int
    fileprivate(set) var lastStep: Int
    /// Whether it was fast enough once. A learning rate that decreases to zero is a schedule, not a
    /// defect.
    fileprivate(set) var hasPaced = false
    /// Whether it changed once. One that no longer changes may have been frozen, or its schedule
    /// has ended.
    fileprivate(set) var hasMoved = false
    /// Whether the first steps have multiplied it.
    fileprivate(set) var hasGrown = false
    /// The sum of ‖Δθ‖/‖θ‖ so far, in which an observed step stands for those since the last one.
    fileprivate(set) var pathLength = 0.0
  }

  /// What may be wrong with the steps of a parameter.
  enum Defect {
    /// A weight that the first steps have multiplied.
    case grown
    /// A parameter that does not change, although it has a gradient; or a weight without one.
    case still
    /// A step below what learns anything, or below the precision.
    case short
    /// Steps that add up to nearly nothing, while the loss is still that of a constant guess.
    case slow
    /// Steps that overwrite a weight.
    case long
    /// A weight that has shrunk to a small part of what it was.
    case shrunk
  }

  private var pasts = PlaceMemory<Past>()

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    var found: [Finding] = []
    // Read in place, because a copy of a parameter takes references to its tensors.
    let parameters = observation.parameters.span
    for index in parameters.indices {
      guard let change = parameters[index].change, change.moved.isFinite else { continue }
      let ratio = change.length > 0 ? change.moved / change.length : .infinity
      let place = pasts.index(of: parameters[index].name) {
        Past(
          start: parameters[index].scale, norm: change.length, firstStep: observation.step,
          lastStep: observation.step)
      }
      pasts[place].add(
        change.moved, ratio, at: observation.step, Self.shortUpdate(thresholds))
      if let defect = pasts[place].defect(
        parameters[index], change.moved, ratio, observation, thresholds)
      {
        if defect == .grown { pasts[place].hasGrown = true }
        found.append(
          finding(defect, parameters[index], ratio, pasts[place], observation, thresholds))
      }
    }
    return found.count < 2 ? found : joined(found, in: observation, thresholds)
  }

  /// The limit below which a step is short: that of the thresholds, or the precision, below which
  /// most elements do not change at all.
  static func shortUpdate(_ thresholds: Thresholds) -> Double {
    max(thresholds.shortUpdate, Double(Scalar.ulpOfOne))
  }

  /// The smallest sum of updates, in units of ‖θ‖, of a training that learns.
  static var shortestPath: Double { 0.02 }

  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool {
    observation.parameters.contains {
      $0.change != nil && ($0.name == place || $0.optimizerPlace == place)
    }
  }
}

extension UpdateRule.Past {
  /// Adds a step of length `moved`, and `ratio` in units of ‖θ‖.
  fileprivate mutating func add(
    _ moved: Double, _ ratio: Double, at step: Int, _ shortUpdate: Double
  ) {
    if moved > 0 {
      hasMoved = true
      if ratio >= shortUpdate { hasPaced = true }
    }
    pathLength += min(ratio, 1) * Double(step - lastStep)
    lastStep = step
  }

  /// The first defect that a step shows, or `nil`. Its text is built only if there is one.
  @inline(__always)
  fileprivate func defect(
    _ parameter: ObservedParameter<Scalar>, _ moved: Double, _ ratio: Double,
    _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> UpdateRule.Defect? {
    let (age, isWeight) = (observation.step - firstStep, parameter.isWeight)
    // A weight that starts at zero has to grow, and nothing says how far.
    let canBeCompared = isWeight && norm > 0
    if canBeCompared, hasGrown || age <= 5 * thresholds.patience,
      parameter.norm / start > thresholds.weightGrowth
    {
      return .grown
    }
    // A bias under normalization has no gradient in theory, and needs none.
    if moved == 0, parameter.hasGradient || isWeight { return .still }
    if ratio < UpdateRule.shortUpdate(thresholds) {
      if moved > 0, !hasPaced, !observation.losses.isFitted { return .short }
    } else if isWeight, age >= 10 * thresholds.patience, pathLength < UpdateRule.shortestPath,
      observation.losses.isAtConstantGuess
    {
      return .slow
    }
    if isWeight, moved / parameter.scale > thresholds.longUpdate { return .long }
    if canBeCompared, moved > 0, parameter.norm / norm < thresholds.shrunkWeight { return .shrunk }
    return nil
  }
}

extension ObservedParameter {
  /// "the optimizer", or "the optimizer of policy".
  var optimizerPlace: String { place("the optimizer", ofModel: model) }

  /// Whether its gradient is not zero, or was not recorded.
  var hasGradient: Bool { gradientNorm.map { $0 > 0 } ?? true }
}

extension LossHistory {
  /// Whether the loss is still that of a constant guess, if that is known.
  fileprivate var isAtConstantGuess: Bool {
    guard let constantLoss, let level else { return false }
    return level > 0.9 * constantLoss
  }
}
