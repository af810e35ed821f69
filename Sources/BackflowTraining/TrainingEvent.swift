public import BackflowHealth
public import BackflowKernels

/// What a training has just done.
public enum TrainingEvent: Sendable {
  /// An update of the parameters.
  case update(UpdateReport)
  /// The last update of an epoch, and the validation after it.
  case epoch(EpochReport)
}

/// What a training does after an event.
public enum TrainingFlow: Sendable, Equatable {
  /// It goes on.
  case proceed
  /// It ends, and can be continued later.
  case stop
}

/// Why a training has ended.
public enum TrainingEnd: Sendable, Equatable {
  /// All epochs are done.
  case finished
  /// The validation has not improved for as long as `earlyStopping` waits.
  case noImprovement
  /// The program has answered an event with `.stop`.
  case stopped
}

/// One update of the parameters.
public struct UpdateReport: Sendable {
  /// The epoch, from 0.
  public let epoch: Int
  /// The number of updates since the beginning of the training, with this one.
  public let step: Int
  /// The mean loss of the batches of the update, before it.
  public let loss: Double
  /// The mean loss of the samples since the beginning of the epoch.
  public let epochLoss: Double
  /// The global norm of the gradient before it was clipped.
  public let gradientNorm: Double
  /// The learning rate.
  public let learningRate: Double
  /// The findings of the monitor that are new, more severe, present again, or healed.
  public let findings: [Finding]
}

/// One epoch.
public struct EpochReport: Sendable, Equatable {
  /// The epoch, from 0.
  public let epoch: Int
  /// The number of updates since the beginning of the training.
  public let step: Int
  /// The mean loss of the epoch.
  public let loss: Double
  /// What the validation has returned, or `nil` without one.
  public let validation: Double?
  /// Whether the validation is better than all before.
  public let isBest: Bool
}

/// The reason why a training cannot go on: a loss or a gradient that is not finite.
public struct DivergenceError: BackflowError, Equatable {
  /// The epoch, from 0.
  public let epoch: Int
  /// The number of updates before the one that failed.
  public let step: Int
  /// What is not finite.
  public let reason: String

  /// A sentence with the place and the reason.
  public var description: String {
    "the training diverged in epoch \(epoch), after \(step) updates: \(reason); a smaller learning"
      + " rate or clipping may help"
  }
}
