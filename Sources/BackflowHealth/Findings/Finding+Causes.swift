extension Finding.Kind {
  /// The kinds in the order in which one can be the cause of another: what was recorded, what is
  /// fed in, what the passes compute, how far a step goes, what becomes of the network, what the
  /// loss shows.
  static let causalOrder: [Finding.Kind] = [
    .wrongRecord, .unsuitableInput, .wrongMode, .unsuitableOutput, .blockedGradient, .ascent,
    .wrongGradient, .symmetricUnits, .unstableStep, .longStep, .updateRatio, .clipping,
    .shrinkingWeight, .expandingRecurrence, .explodingGradient, .saturation, .deadUnits,
    .vanishingGradient, .poorInitialization, .nonFinite, .shortUpdate, .unchangedParameter,
    .lossSpike, .oscillatingLoss, .risingLoss, .stuckLoss, .other,
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
      return [
        .vanishingGradient, .saturation, .deadUnits, .unchangedParameter, .shortUpdate, .stuckLoss,
      ]
    case .blockedGradient: return loss.union([.unchangedParameter])
    case .symmetricUnits: return [.vanishingGradient, .stuckLoss]
    case .unchangedParameter, .shortUpdate: return [.stuckLoss]
    case .clipping: return [.shortUpdate, .stuckLoss]
    case .expandingRecurrence, .explodingGradient:
      return loss.union([
        .explodingGradient, .nonFinite, .clipping, .longStep, .updateRatio, .poorInitialization,
        .saturation, .deadUnits, .vanishingGradient,
      ])
    case .saturation, .deadUnits, .vanishingGradient:
      return [.vanishingGradient, .deadUnits, .unchangedParameter, .shortUpdate, .stuckLoss]
    case .poorInitialization: return network.union(loss).union([.longStep, .updateRatio])
    case .nonFinite: return network.union(loss).union([.updateRatio])
    case .lossSpike: return [.risingLoss]
    case .wrongRecord, .oscillatingLoss, .risingLoss, .stuckLoss, .other: return []
    }
  }
}

extension Finding {
  /// Steps that are too long, by kind.
  private var isStep: Bool { [.longStep, .updateRatio, .unstableStep].contains(kind) }

  /// Where this comes in the order of causes: alarms first, then by the step at which it began,
  /// then by kind.
  ///
  /// A gradient that is wrong was so from the first step, and is only known after some tests. Steps
  /// that are too long show only after some of them, and cannot be the cause of what the first
  /// observation found, before any step.
  func causalKey(from first: Int) -> (Int, Int, Int) {
    let begin =
      switch kind {
      case .ascent, .wrongGradient: first
      default: isStep ? max(first + 1, firstStep - 50) : firstStep
      }
    return (severity > .note || isStep ? 0 : 1, begin, kind.causalRank)
  }

  /// Whether this may be the cause of `other`: of a kind that causes such findings, an alarm (or
  /// long steps, which may do harm while the loss falls), and before it in the order of causes.
  func mayCause(_ other: Finding, from first: Int) -> Bool {
    let (key, otherKey) = (causalKey(from: first), other.causalKey(from: first))
    return key.0 == 0 && kind.symptoms.contains(other.kind)
      && (key.1, key.2) < (otherKey.1, otherKey.2)
  }
}
