import Backflow

/// The kinds of findings, including those that the monitor does not have yet.
struct ExpectedKind: Sendable, Equatable {
  let rawValue: String
  init(_ rawValue: String) { self.rawValue = rawValue }

  static let saturation = Self("saturation")
  static let vanishingGradient = Self("vanishing_gradient")
  static let explodingGradient = Self("exploding_gradient")
  static let deadUnits = Self("dead_units")
  static let blockedGradient = Self("blocked_gradient")
  static let wrongGradient = Self("wrong_gradient")
  static let updateRatio = Self("update_ratio")
  static let poorInitialization = Self("poor_initialization")
  static let unchangedParameter = Self("unchanged_parameter")
  static let symmetricUnits = Self("symmetric_units")
  static let nonFinite = Self("non_finite")
  static let clipping = Self("clipping")
  static let unstableStep = Self("unstable_step")
  static let divergingLoss = Self("diverging_loss")
  static let stuckLoss = Self("stuck_loss")
  static let lossSpike = Self("loss_spike")
  static let oscillatingLoss = Self("oscillating_loss")
  static let unsuitableInput = Self("unsuitable_input")
  static let wrongMode = Self("wrong_mode")
  static let longStep = Self("long_step")
  static let ascent = Self("ascent")
  static let other = Self("other")
}

extension [ExpectedKind] {
  func contains(_ kind: Finding.Kind) -> Bool { contains { $0.rawValue == kind.rawValue } }
}
