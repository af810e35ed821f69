internal import BackflowKernels

/// Limits beyond which a measurement becomes a finding.
///
/// Every finding names the origin of its threshold. Change the defaults where a network is meant to
/// behave differently.
public struct Thresholds: Sendable, Equatable, Codable {
  /// φ′/max φ′ below which a unit passes too little gradient. 0.0591 is |tanh| > 0.97
  /// (makemore, part 3), and for a sigmoid y < 0.015 or y > 0.985.
  public var saturatedSlope = 0.0591
  /// The share of samples and time steps beyond which a saturated unit is stuck.
  public var stuckShare = 0.99
  /// The share of saturated (unit, sample) pairs beyond which a layer is saturated. (SageMaker
  /// Debugger and DeepDiagnosis allow half of the layer.)
  public var saturatedShare = 0.5
  /// The same while the loss falls. Healthy trainings reach 0.7, planted saturation begins at 0.76
  /// (docs/calibration.md).
  public var saturatedFallingShare = 0.75
  /// The share of saturated pairs beyond which a layer without gates is a failure: almost none of
  /// it learns.
  public var saturatedFailure = 0.9
  /// The share of a gate's units stuck on one side that is worth a note: a quarter of the gate is
  /// constant.
  public var stuckGateShare = 0.25
  /// The part of the gradient at the top below which a signal has vanished. Five sigmoids leave at
  /// most 4⁻⁵ ≈ 1/1024.
  public var vanished = 1e-3
  /// The part of the gradient at the top below which a vanished signal is a failure: the limit
  /// squared.
  public var vanishedFailure = 1e-6
  /// The multiple of the gradient at the top beyond which a signal explodes.
  public var exploded = 1e3
  /// The number of training steps from one measurement of the decay in recurrent cells, which
  /// multiplies Jacobians, to the next.
  public var horizonInterval = 300
  /// The share of dead units that is too large; from half of it on, it is a note. In healthy
  /// trainings, up to 10 of 16 units are dead (docs/calibration.md).
  public var deadShare = 0.7
  /// The share of entries without a gradient beyond which a loss is blocked.
  public var silencedShare = 0.01
  /// ‖Δθ‖/‖θ‖ beyond which the updates of a weight are too long: a hundred times what is healthy
  /// (makemore, part 3). The weight counts as at least as long as a random one.
  public var longUpdate = 0.1
  /// ‖Δθ‖/‖θ‖ below which an update is too short (SageMaker Debugger), unless it once was longer: a
  /// learning rate may decrease to zero.
  public var shortUpdate = 1e-8
  /// The nats by which a network that has learned nothing may be worse than a uniform guess. At
  /// 2.5, it gives the right class e⁻²·⁵ ≈ 0.08 of the probability that a guess gives it.
  public var initialExcess = 2.5
  /// The ratio of the variances of neighboring layers' outputs beyond which an initialization is
  /// unbalanced: SageMaker Debugger's limit for weights.
  public var varianceRatio = 10.0
  /// The relative difference up to which gradients of equal rows count as equal: products of equal
  /// rows may be rounded differently.
  public var twinGradients = 1e-3
  /// The number of steps that count as initial (SageMaker Debugger).
  public var initialSteps = 10
  /// The training steps for which a defect has to last before it is reported, at any interval of
  /// observation, and for which it has to be absent before it counts as healed.
  public var patience = 20
  /// The training steps after which a loss that has not fallen is stuck.
  public var lossPatience = 500
  /// The factor over its start beyond which a loss rises.
  public var risingLoss = 2.0
  /// The factor over all earlier losses beyond which a loss is a spike.
  public var lossSpike = 5.0
  /// The deviation from 1 of the ratio of the change of the loss to what the gradient predicts,
  /// beyond which a gradient is wrong. Right ones deviate by up to 0.03 (docs/calibration.md).
  public var gradientError = 0.05
  /// The root mean square of the inputs beyond which they are too large for an initialization that
  /// expects 1.
  public var inputScale = 30.0
  /// The factor by which the first hundred steps may lengthen a weight.
  public var weightGrowth = 3.0
  /// The part of its first length below which a weight has shrunk.
  public var shrunkWeight = 0.1
  /// The number of observed steps before clipping is judged.
  public var clippingObservations = 10
  /// The cosine to the gradient below which clipping turns the step: eight degrees.
  public var turnedCosine = 0.99
  /// The share of steps beyond which clipping is the rule rather than the exception.
  public var clippedShare = 0.5
  /// The mean part of a step's length that clipping keeps, below which it costs too much.
  public var keptLength = 0.1
  /// The factor by which a recurrence amplifies small changes of its state over a sequence, beyond
  /// which it expands. Healthy trainings reach up to 49, and the network of the lesson on exploding
  /// gradients starts at 189 or more (docs/health.md). This is about their geometric mean.
  public var expansion = 100.0
  /// λ_max of the Hessian in units of the largest for which the steps of the optimizer are stable
  /// (J. Cohen et al., arXiv:2103.00065).
  public var unstableStep = 1.0

  /// The defaults.
  public init() {}

  /// Checks the limits. ∞ turns a rule off.
  ///
  /// - Precondition: No limit is negative or NaN, and no number of steps above 10⁹.
  func check() {
    if let (name, figure) = invalid {
      stop("Thresholds: \(name) must be \(figure > 0 ? "at most 1e9" : "0 or more"), got \(figure)")
    }
  }

  /// The first limit that is negative or NaN, or a number of steps that is too large to calculate
  /// with.
  var invalid: (name: String, figure: Double)? {
    for (name, value) in Mirror(reflecting: self).children {
      let count = value as? Int
      let figure = (value as? Double) ?? count.map(Double.init) ?? 0
      if !(figure >= 0) || count ?? 0 > 1_000_000_000 { return (name ?? "a limit", figure) }
    }
    return nil
  }

  /// The same limits with the largest finite number in place of ∞, which JSON does not have.
  var finite: Thresholds {
    var finite = self
    for limit in Self.limits {
      finite[keyPath: limit] = min(finite[keyPath: limit], .greatestFiniteMagnitude)
    }
    return finite
  }

  /// All limits that may be infinite.
  private static var limits: [WritableKeyPath<Thresholds, Double>] {
    [
      \.saturatedSlope, \.stuckShare, \.saturatedShare, \.saturatedFallingShare, \.saturatedFailure,
      \.stuckGateShare,
      \.vanished, \.vanishedFailure, \.exploded, \.deadShare, \.silencedShare, \.longUpdate,
      \.shortUpdate, \.initialExcess, \.varianceRatio, \.twinGradients, \.risingLoss, \.lossSpike,
      \.gradientError, \.inputScale, \.weightGrowth, \.shrunkWeight, \.turnedCosine, \.clippedShare,
      \.keptLength, \.expansion, \.unstableStep,
    ]
  }
}
