internal import BackflowKernels

/// From which figure on something is a finding. Every rule says in its finding where its threshold
/// comes from; these are the defaults, to be changed where a network is meant to be otherwise.
public struct Thresholds: Sendable, Equatable {
  /// A unit passes too little gradient where φ′/max φ′ is below this. 0.0591 is |tanh| > 0.97
  /// (makemore, part 3), and for a sigmoid y < 0.015 or y > 0.985.
  public var saturatedSlope = 0.0591
  /// A unit is stuck when it is saturated in more than this share of samples and time steps.
  public var stuckShare = 0.99
  /// A layer is saturated when more than this share of its (unit, sample) pairs is. (Half of the layer
  /// is what SageMaker Debugger and DeepDiagnosis allow.)
  public var saturatedShare = 0.5
  /// The share of saturated pairs beyond which a layer without gates is a failure: all but nothing of
  /// it learns.
  public var saturatedFailure = 0.9
  /// The share of a gate's units, stuck on one side, from which on it is worth a note: a quarter of the
  /// gate is then a constant.
  public var stuckGateShare = 0.25
  /// A signal has vanished below this part of what entered. Five sigmoids leave at most 4⁻⁵ ≈ 1/1024
  /// of it.
  public var vanished = 1e-3
  /// The part of what entered below which a vanished signal is a failure: the square of the limit.
  public var vanishedFailure = 1e-6
  /// A signal explodes beyond this multiple of what entered.
  public var exploded = 1e3
  /// A layer has too many dead units from this share on; below, they are a note. Healthy trainings
  /// of ReLU layers on the digits end with up to 14 % (docs/health.md); the essay that defines a dead
  /// ReLU speaks of 40 %. This is about the geometric mean of the two.
  public var deadShare = 0.25
  /// A loss is blocked when the gradient of more than this share of its entries is silenced.
  public var silencedShare = 0.01
  /// ‖Δθ‖/‖θ‖ of one step beyond which the update of a weight is too long: a hundred times what is
  /// healthy (makemore, part 3). Single steps of healthy trainings reach 0.057 (docs/health.md).
  public var longUpdate = 0.1
  /// ‖Δθ‖/‖θ‖ below which it is too short (SageMaker Debugger), if it never was longer: a learning
  /// rate may fall to zero.
  public var shortUpdate = 1e-8
  /// The loss of the first step, in units of ln(classes), beyond which it starts confidently wrong.
  public var initialLoss = 1.5
  /// The ratio of the variances of neighboring layers' outputs beyond which a start is unbalanced:
  /// the figure that SageMaker Debugger has for weights.
  public var varianceRatio = 10.0
  /// How far gradients of equal rows may differ, in parts of their length: products of equal rows may be
  /// rounded differently.
  public var twinGradients = 1e-3
  /// How many steps count as the first ones (SageMaker Debugger).
  public var initialSteps = 10
  /// In how many observations on end a parameter must stand still, or an update be too long or too
  /// short, before it is said.
  public var patience = 3
  /// How many observed steps are waited for before clipping is judged.
  public var clippingObservations = 10
  /// The cosine to the gradient below which clipping is said to turn the step, by eight degrees.
  public var turnedCosine = 0.99
  /// The share of steps beyond which clipping is the rule and not the exception.
  public var clippedShare = 0.5
  /// The part of its length to which clipping shortens a step, on average, that costs too much.
  public var keptLength = 0.1

  /// The defaults.
  public init() {}

  /// ∞ turns a rule off.
  ///
  /// - Precondition: No limit is negative or NaN.
  func check() {
    for (name, value) in Mirror(reflecting: self).children {
      let figure = (value as? Double) ?? (value as? Int).map(Double.init) ?? 0
      require(
        figure >= 0, "Thresholds: \(name ?? "a limit") must be 0 or more, it is \(figure)")
    }
  }
}
