internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

/// A Taylor test along an update: does the loss of the batch do what the gradient promised?
///
///     r(α) = (L(θ + α Δθ) − L(θ)) / (α g·Δθ) → 1   as α → 0
///
/// whatever the optimizer, if g is the gradient of L at θ. With central differences, the error of
/// r is O(α²) where the loss is smooth. If r(1) is far from 1 and r of a small part near 1, the
/// step is too long; if both are off, the gradient is wrong. The same test along the gradient of
/// one layer, g_l·Δ = ‖g_l‖ ‖Δ‖, says in which.
///
/// (Derivatives of adjoint codes are tested like this before use; see the Taylor test of P. E.
/// Farrell, D. A. Ham, S. W. Funke and M. E. Rognes, SIAM J. Sci. Comput. 35, 2013.)
public struct UpdateTest: Sendable, Equatable {
  /// The ratio for one layer.
  public struct LayerRatio: Sendable, Equatable {
    /// The layer: the name of its parameters up to the last dot.
    public let layer: String
    /// The measured change of the loss along the gradient of the layer, in units of the predicted
    /// one; `nil` if the change is lost in the rounding of the loss.
    public let ratio: Double?
  }

  /// g·Δθ, the predicted change of the loss.
  public let predicted: Double
  /// L(θ + Δθ) − L(θ)
  public let change: Double
  /// r of a small part of the update; `nil` if it is lost in the rounding of the loss.
  public let partRatio: Double?
  /// The ratios of single layers, if they were tested.
  public let layers: [LayerRatio]
  /// The loss at θ as the function gives it, and as it was recorded, if the two differ by more
  /// than rounding: the function is not that of the step, and no ratio means anything.
  public let otherLoss: (evaluated: Double, recorded: Double)?

  /// r(1), the ratio of the whole update; `nil` if nothing was predicted.
  public var fullRatio: Double? { predicted == 0 ? nil : change / predicted }

  /// Equal measurements.
  public static func == (one: UpdateTest, other: UpdateTest) -> Bool {
    one.predicted == other.predicted && one.change == other.change
      && one.partRatio == other.partRatio && one.layers == other.layers
      && one.otherLoss?.evaluated == other.otherLoss?.evaluated
      && one.otherLoss?.recorded == other.otherLoss?.recorded
  }
}

extension UpdateTest {
  /// The part of the update along which the ratio is measured.
  private static let part = 1.0 / 16
  /// The lengths of the steps along one layer's gradient, in units of the layer's own, the
  /// shortest that stands out from rounding first.
  private static let stepLengths = [1.0 / 1024, 1.0 / 256, 1.0 / 64]
  /// A predicted change counts if it is this many times the rounding of the loss.
  private static let floor = 50.0
  /// The rounding of a loss, in units of ε times the loss: the sum over a batch of numbers that
  /// are rounded themselves (measured: 4·10⁻⁷ in single precision).
  private static let rounding = 4.0

  /// Evaluates the loss at the parameters after the update and at two points beside those before
  /// it; and at two points for each tested layer.
  init?<Model: Parameterized>(
    from before: Model, to after: Model, along gradients: Model,
    parameters: [ObservedParameter<Model.Scalar>], recorded: Double?, layers tested: TestedLayers,
    loss: (Model) -> Model.Scalar
  ) {
    let names = Self.layers(of: parameters)
    let chosen = tested.chosen(among: names)
    predicted = zip(parameters, gradients.namedParameters).reduce(0) { sum, pair in
      sum + pair.0.predictedChange(pair.1.value)
    }
    let end = Double(loss(after))
    let start = Double(loss(before))
    if let recorded, recorded.isFinite,
      (start - recorded).magnitude > 100 * Double(Model.Scalar.ulpOfOne)
        * max(recorded.magnitude, start.magnitude)
    {
      otherLoss = (start, recorded)
    } else {
      otherLoss = nil
    }
    change = end - start
    guard start.isFinite, predicted.isFinite else { return nil }
    let noise =
      Self.rounding * Double(Model.Scalar.ulpOfOne) * max(start.magnitude, .leastNormalMagnitude)
    if otherLoss == nil, 2 * Self.part * predicted.magnitude > Self.floor * noise {
      let (ahead, back) = (
        Double(loss(before.moved(to: after, by: Self.part))),
        Double(loss(before.moved(to: after, by: -Self.part)))
      )
      partRatio = (ahead - back) / (2 * Self.part * predicted)
    } else {
      partRatio = nil
    }
    layers =
      otherLoss != nil
      ? []
      : chosen.map { layer in
        LayerRatio(
          layer: layer,
          ratio: Self.ratio(of: layer, before, gradients, parameters, noise, loss))
      }
  }

  /// The layers of a model in the order of their parameters.
  static func layers<Scalar: RealScalar>(of parameters: [ObservedParameter<Scalar>]) -> [String] {
    var layers: [String] = []
    for parameter in parameters where parameter.layer != layers.last {
      if !layers.contains(parameter.layer) { layers.append(parameter.layer) }
    }
    return layers
  }

  /// (L(θ + s g_l) − L(θ − s g_l)) / (2 s ‖g_l‖²)
  private static func ratio<Model: Parameterized>(
    of layer: String, _ before: Model, _ gradients: Model,
    _ parameters: [ObservedParameter<Model.Scalar>], _ noise: Double,
    _ loss: (Model) -> Model.Scalar
  ) -> Double? {
    let own = parameters.filter { $0.layer == layer }
    let slope = own.reduce(0) { Double.hypot($0, $1.gradientNorm ?? 0) }
    // A layer that starts at zero is as long as a random one would be.
    let length = own.reduce(0) { Double.hypot($0, $1.scale) }
    guard slope > 0, slope.isFinite, length > 0, length.isFinite else { return nil }
    guard
      let step = stepLengths.map({ $0 * length }).first(where: { 2 * $0 * slope > floor * noise })
    else { return nil }
    let isOwn = parameters.map { $0.layer == layer }
    let (ahead, back) = (
      Double(loss(before.moved(along: gradients, by: step / slope, where: isOwn))),
      Double(loss(before.moved(along: gradients, by: -step / slope, where: isOwn)))
    )
    let ratio = (ahead - back) / (2 * step * slope)
    return ratio.isFinite ? ratio : nil
  }
}

extension Parameterized {
  /// θ + α (other − θ)
  fileprivate func moved(to other: Self, by part: Double) -> Self {
    var moved = self
    moved.visitParameters(with: other) { _, parameter, target in
      parameter += Scalar(part) * (target - parameter)
    }
    return moved
  }

  /// θ + s g for the chosen parameters.
  fileprivate func moved(along gradients: Self, by step: Double, where isChosen: [Bool]) -> Self {
    var (moved, index) = (self, 0)
    moved.visitParameters(with: gradients) { _, parameter, gradient in
      if isChosen[index] { parameter += Scalar(step) * gradient }
      index += 1
    }
    return moved
  }
}
