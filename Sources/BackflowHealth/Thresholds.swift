internal import BackflowKernels

/// Limits beyond which a measurement becomes a finding.
///
/// Every finding names the origin of its threshold. Change the defaults where a network is meant to
/// behave differently.
public struct Thresholds: Sendable, Equatable {
  /// φ′/max φ′ below which a unit passes too little gradient. 0.0591 is |tanh| > 0.97
  /// (makemore, part 3), and for a sigmoid y < 0.015 or y > 0.985.
  public var saturatedSlope = 0.0591
  /// The share of samples and time steps beyond which a saturated unit is stuck.
  public var stuckShare = 0.99
  /// The share of saturated (unit, sample) pairs beyond which a layer is saturated. (SageMaker
  /// Debugger and DeepDiagnosis allow half of the layer.)
  public var saturatedShare = 0.5
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
  /// The share of dead units that is too large; fewer are a note. Healthy trainings of ReLU layers
  /// on the digits end with up to 14 % (docs/health.md), and the essay that defines a dead ReLU
  /// mentions 40 %. This is about the geometric mean of the two.
  public var deadShare = 0.25
  /// The share of entries without a gradient beyond which a loss is blocked.
  public var silencedShare = 0.01
  /// ‖Δθ‖/‖θ‖ of one step beyond which the update of a weight is too long: a hundred times what is
  /// healthy (makemore, part 3). Single steps of healthy trainings reach 0.057 (docs/health.md).
  public var longUpdate = 0.1
  /// ‖Δθ‖/‖θ‖ below which an update is too short (SageMaker Debugger), unless it once was longer: a
  /// learning rate may decrease to zero.
  public var shortUpdate = 1e-8
  /// The loss of the first step, in units of ln(classes), beyond which a network starts confidently
  /// wrong.
  public var initialLoss = 1.5
  /// The ratio of the variances of neighboring layers' outputs beyond which an initialization is
  /// unbalanced: SageMaker Debugger's limit for weights.
  public var varianceRatio = 10.0
  /// The relative difference up to which gradients of equal rows count as equal: products of equal
  /// rows may be rounded differently.
  public var twinGradients = 1e-3
  /// The number of steps that count as initial (SageMaker Debugger).
  public var initialSteps = 10
  /// The consecutive observations of an unchanged parameter, or of an update that is too long or
  /// too short, before it is reported.
  public var patience = 3
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
  /// - Precondition: No limit is negative or NaN.
  func check() {
    for (name, value) in Mirror(reflecting: self).children {
      let figure = (value as? Double) ?? (value as? Int).map(Double.init) ?? 0
      require(
        figure >= 0, "Thresholds: \(name ?? "a limit") must be 0 or more, got \(figure)")
    }
  }
}
