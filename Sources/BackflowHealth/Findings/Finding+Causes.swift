extension Finding.Kind {
  /// The kinds in the order in which one can be the cause of another: what is fed in, what the
  /// passes compute, how far a step goes, what becomes of the network, what the loss shows.
  static let causalOrder: [Finding.Kind] = [
    .unsuitableInput, .wrongMode, .unsuitableOutput, .blockedGradient, .ascent, .wrongGradient,
    .symmetricUnits, .unstableStep, .longStep, .updateRatio, .clipping, .shrinkingWeight,
    .expandingRecurrence, .explodingGradient, .saturation, .deadUnits, .vanishingGradient,
    .unchangedParameter, .poorInitialization, .nonFinite, .lossSpike, .oscillatingLoss,
    .risingLoss, .stuckLoss, .other,
  ]

  /// The place in the causal order.
  var causalRank: Int { Self.causalOrder.firstIndex(of: self) ?? Self.causalOrder.count }

  /// The kinds that this one may cause, if it is found first.
  var symptoms: Set<Finding.Kind> {
    let loss: Set<Finding.Kind> = [.risingLoss, .stuckLoss, .lossSpike, .oscillatingLoss]
    let network: Set<Finding.Kind> = [
      .saturation, .deadUnits, .vanishingGradient, .explodingGradient, .unchangedParameter,
      .shrinkingWeight, .nonFinite, .clipping, .expandingRecurrence,
    ]
    switch self {
    case .unsuitableInput:
      return network.union(loss).union([
        .poorInitialization, .longStep, .unstableStep, .updateRatio,
      ])
    case .ascent, .wrongGradient:
      return network.union(loss).union([.longStep, .unstableStep, .updateRatio])
    case .unstableStep, .longStep:
      return network.union(loss).union([.updateRatio])
    case .updateRatio, .wrongMode: return network.union(loss)
    case .unsuitableOutput, .shrinkingWeight:
      return [.vanishingGradient, .saturation, .deadUnits, .unchangedParameter, .stuckLoss]
    case .blockedGradient: return loss.union([.unchangedParameter])
    case .symmetricUnits, .unchangedParameter: return [.stuckLoss]
    case .clipping: return [.updateRatio, .stuckLoss]
    case .expandingRecurrence, .explodingGradient:
      return loss.union([
        .explodingGradient, .nonFinite, .clipping, .longStep, .updateRatio, .poorInitialization,
      ])
    case .saturation, .deadUnits, .vanishingGradient:
      return [.vanishingGradient, .unchangedParameter, .updateRatio, .stuckLoss]
    case .poorInitialization: return loss.union([.longStep, .updateRatio])
    case .nonFinite: return network.union(loss).union([.updateRatio])
    case .lossSpike: return [.risingLoss]
    case .oscillatingLoss, .risingLoss, .stuckLoss, .other: return []
    }
  }
}

extension Finding {
  /// Whether this may be the cause of `other`: of a kind that causes such findings, at least as
  /// severe as a warning, and not found later.
  func mayCause(_ other: Finding) -> Bool {
    severity > .note && firstStep <= other.firstStep && kind.symptoms.contains(other.kind)
      && kind.causalRank < other.kind.causalRank
  }
}
