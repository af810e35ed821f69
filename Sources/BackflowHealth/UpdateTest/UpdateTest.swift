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
/// one parameter says in which. Where that is exactly zero, the loss must not change in a random
/// direction either.
///
/// (Derivatives of adjoint codes are tested like this before use; see the Taylor test of P. E.
/// Farrell, D. A. Ham, S. W. Funke and M. E. Rognes, SIAM J. Sci. Comput. 35, 2013.)
public struct UpdateTest: Sendable, Equatable {
  /// The ratio for one parameter.
  public struct ParameterRatio: Sendable, Equatable {
    /// The name of the parameter.
    public let name: String
    /// The measured change of the loss along the gradient of the parameter, in units of the
    /// predicted one, within ±`largest`; `nil` if the change is lost in the rounding of the loss.
    public let ratio: Double?

    /// The ratio of a change where none is predicted.
    public static var largest: Double { 1e6 }

    static func bounded(_ ratio: Double) -> Double { min(max(ratio, -largest), largest) }
  }

  /// g·Δθ, the predicted change of the loss.
  public let predicted: Double
  /// L(θ + Δθ) − L(θ)
  public let change: Double
  /// r of a small part of the update; `nil` if it is lost in the rounding of the loss.
  public let partRatio: Double?
  /// The ratios of single parameters, if they were tested.
  public let parameters: [ParameterRatio]
  /// The loss at θ as the function gives it, and as it was recorded, if the two differ by more
  /// than rounding: the function is not that of the step, and no ratio means anything.
  public let otherLoss: (evaluated: Double, recorded: Double)?

  /// What the names of the parameters of the model begin with.
  public let prefix: String
  /// The parameters of the model, in their order.
  let names: [String]

  /// r(1), the ratio of the whole update; `nil` if nothing was predicted. A loss that is not finite
  /// after the update counts as the largest rise.
  public var fullRatio: Double? {
    if predicted == 0 || !predicted.isFinite { return nil }
    return change.isFinite
      ? ParameterRatio.bounded(change / predicted) : -ParameterRatio.largest
  }

  /// Equal measurements.
  public static func == (one: UpdateTest, other: UpdateTest) -> Bool {
    one.predicted == other.predicted && one.change == other.change
      && one.partRatio == other.partRatio && one.parameters == other.parameters
      && one.otherLoss?.evaluated == other.otherLoss?.evaluated
      && one.otherLoss?.recorded == other.otherLoss?.recorded
  }
}

extension UpdateTest {
  /// The part of the update along which the ratio is measured.
  private static let part = 1.0 / 16
  /// The lengths of the steps along the gradient of one parameter, in units of its own length, the
  /// shortest that stands out from rounding first.
  private static let stepLengths = stride(from: -16, through: -6, by: 2).map { Double.exp2($0) }
  /// The difference of the slopes ahead and back, in units of their mean, beyond which a step is
  /// not short: there is a kink in between, or too much curvature.
  private static let bend = 0.25
  /// The difference up to which two ratios agree, in units of 1 or of the larger one.
  private static let agreement = 0.05
  /// A predicted change counts if it is this many times the rounding of the loss.
  private static let floor = 50.0
  /// The rounding of a loss, in units of ε times the loss: the sum over a batch of numbers that
  /// are rounded themselves (measured: 4·10⁻⁷ in single precision).
  private static let rounding = 4.0

  /// Evaluates the loss at the parameters before and after the update and at two points beside
  /// those before it; and at two points for each parameter that is tested, or more where its ratio
  /// is off. `nil` if the loss before the update is not finite.
  init?<Model: Parameterized>(
    from before: Model, to after: Model, along gradients: Model,
    parameters observed: [ObservedParameter<Model.Scalar>], recorded: Double?,
    tested: TestedParameters, prefix: String, loss: (Model) -> Model.Scalar
  ) {
    self.prefix = prefix
    names = observed.map(\.name)
    let chosen = tested.chosen(among: names)
    predicted = zip(observed, gradients.namedParameters).reduce(0) { sum, pair in
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
      let ratio = (ahead - back) / (2 * Self.part * predicted)
      partRatio = ratio.isFinite ? ParameterRatio.bounded(ratio) : nil
    } else {
      partRatio = nil
    }
    guard otherLoss == nil else {
      parameters = []
      return
    }
    parameters = observed.indices.filter { chosen.contains(observed[$0].name) }.map { index in
      ParameterRatio(
        name: observed[index].name,
        ratio: Self.ratio(of: observed[index], at: index, before, gradients, start, noise, loss))
    }
  }

  /// (L(θ + s u) − L(θ)) / (s ‖g_p‖) for the direction u = g_p/‖g_p‖ of one parameter and for −u,
  /// or 1 if it is between the two.
  private static func ratio<Model: Parameterized>(
    of parameter: ObservedParameter<Model.Scalar>, at index: Int, _ before: Model,
    _ gradients: Model, _ start: Double, _ noise: Double, _ loss: (Model) -> Model.Scalar
  ) -> Double? {
    let slope = parameter.gradientNorm ?? .nan
    // A parameter that starts at zero is as long as a random one would be.
    let length = parameter.scale
    guard slope.isFinite, length > 0, length.isFinite else { return nil }
    /// The slopes ahead and back along a direction of length 1, in units of `unit`; `nil` if they
    /// are not alike, or if the loss does not change at all.
    func slopes(_ step: Double, along direction: Tensor<Model.Scalar>, unit: Double) -> [Double]? {
      let scale = step * unit
      let ahead =
        (Double(loss(before.moved(by: step, along: direction, at: index))) - start) / scale
      let back =
        (start - Double(loss(before.moved(by: -step, along: direction, at: index)))) / scale
      guard ahead.isFinite, back.isFinite, ahead != 0 || back != 0 else { return nil }
      return (ahead - back).magnitude <= bend * (ahead + back).magnitude ? [ahead, back] : nil
    }
    guard slope > 0, let gradient = parameter.gradient else {
      // Nothing is predicted, and nothing must happen.
      let direction = randomDirection(parameter.value.shape, of: Model.Scalar.self)
      let step = (stepLengths.last ?? 0) * length
      guard let found = slopes(step, along: direction, unit: 1),
        found.allSatisfy({ ($0 * step).magnitude > floor * noise })
      else { return nil }
      return found[0] < 0 ? -ParameterRatio.largest : ParameterRatio.largest
    }
    // The rounding of a loss may be larger than its size says, as where predictions and targets
    // cancel. A ratio that is off counts only if a step of four times the length gives it as well.
    var last: Double?
    for step in stepLengths.map({ $0 * length }) where 2 * step * slope > floor * noise {
      let found = slopes(step, along: (1 / Model.Scalar(slope)) * gradient, unit: slope)
      guard let ratios = found?.sorted() else {
        last = nil
        continue
      }
      // At a kink, any slope between those of both sides is right.
      let ratio = ParameterRatio.bounded(min(max(1, ratios[0]), ratios[1]))
      if (ratio - 1).magnitude < agreement { return ratio }
      if let last, (ratio - last).magnitude < agreement * max(1, last.magnitude) { return last }
      last = ratio
    }
    return nil
  }

  private static func randomDirection<Scalar: RealScalar>(
    _ shape: Shape, of: Scalar.Type
  ) -> Tensor<Scalar> {
    var random = RandomSource(seed: UInt64(shape.reduce(1, *)))
    let draw: Tensor<Scalar> = random.normal(shape)
    return draw / draw.norm()
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

  /// θ with step · direction added to the parameter of an index.
  fileprivate func moved(by step: Double, along direction: Tensor<Scalar>, at index: Int) -> Self {
    var (moved, current) = (self, 0)
    moved.visitParameters { _, parameter in
      if current == index { parameter += Scalar(step) * direction }
      current += 1
    }
    return moved
  }
}
