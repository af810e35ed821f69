internal import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// The exponential moving average of a model's parameters over the steps of a training, whose
/// predictions are often better than those of the last step (PyTorch `AveragedModel` with
/// `get_ema_multi_avg_fn`, timm `ModelEmaV3`).
///
///     var average = MovingAverage(of: model, decay: 0.999)
///     …
///     optimizer.update(&model, along: gradients)
///     average.update(with: model)
///     …
///     let predictions = average.model(x)
///
///     a ← a + (1 − dₜ) (p − a)      for each parameter p, at update t = 1, 2, …
///
/// The difference is added because rounded weights may not add up to 1: parameters that do not
/// change are their own average to the last bit. In single precision an average stops to move where
/// (1 − d) (p − a) is below half a unit in its last place, at a relative distance of
/// 6·10⁻⁸/(1 − d), which is 6·10⁻⁴ for a decay of 0.9999. Polyak and Juditsky, "Acceleration of
/// stochastic approximation by averaging", 1992.
///
/// Buffers and counters are those of the last update, not averaged.
///
/// It is `Parameterized`, and saved and read like a model, under the names of an `AveragedModel` of
/// PyTorch: `module.` before those of the model, and the counter `n_averaged`. A restored run
/// continues with the same bits.
///
///     try checkpoint.insert(average, prefix: "average")
///     try average.load(checkpoint, prefix: "average")
public struct MovingAverage<Model: Parameterized>: Parameterized {
  /// What the first averages are like. The model of `init` has the weight dᵗ after t updates,
  /// e⁻¹ after 1/(1 − d), unless a start removes it.
  public enum Start: Sendable, Equatable {
    /// dₜ = d: the model of `init` counts as the average so far (timm). PyTorch's first update
    /// copies the model, as if `init` were called there.
    case initialModel
    /// dₜ = min(d, t/(9 + t)), t = 1, 2, …: the average is that of a tenth of the steps so far
    /// until this reaches 1/(1 − d). (TensorFlow `ExponentialMovingAverage`, (1 + n)/(10 + n) after
    /// n updates.)
    case warmup
    /// 1 − dₜ = (1 − d)/(1 − dᵗ): the model of `init` does not count. This is the average that
    /// starts at 0, divided by 1 − dᵗ, as Adam's moments are (Kingma and Ba, ICLR 2015).
    case unbiased
  }

  /// The element of the parameters.
  public typealias Scalar = Model.Scalar

  /// The averaged model.
  public private(set) var model: Model
  /// d, the share of the average that an update keeps.
  public let decay: Double
  /// What the first averages are like.
  public let start: Start
  /// The number of updates.
  public private(set) var updateCount = 0

  /// The average of `model` alone.
  ///
  /// - Precondition: The decay is at least 0 and below 1, and 1 − decay keeps its meaning when it
  ///   is rounded to `Scalar`.
  public init(of model: Model, decay: Double, start: Start = .initialModel) {
    SettingRange.belowOne.check(decay, "the decay", of: "MovingAverage")
    SettingRange.averagingWeight.check(
      1 - decay, "1 − decay", of: "MovingAverage", in: Scalar.self)
    (self.model, self.decay, self.start) = (model, decay, start)
  }

  /// One update of the equation above, in place. O(parameters)
  ///
  /// - Precondition: The model has the parameters and buffers of the one of `init`.
  public mutating func update(with model: Model) {
    // A counter from a file may have any value, so it must not overflow.
    updateCount = min(max(updateCount, 0), 1 << 53) + 1
    let weight = newWeight
    let (keep, take) = (Scalar(1 - weight), Scalar(weight))
    self.model.visitParameters(with: model) { _, average, parameter in
      if take > 0.5 {
        average *= keep
        average.add(parameter, scaledBy: take)
      } else {
        average.add(parameter - average, scaledBy: take)
      }
    }
    self.model.takeBuffers(of: model)
  }

  /// 1 − dₜ
  private var newWeight: Double {
    let t = Double(updateCount)
    switch start {
    case .initialModel: return 1 - decay
    case .warmup: return 1 - min(decay, t / (9 + t))
    // 1 − dᵗ by expm1, because the difference of two numbers near 1 has few digits.
    case .unbiased: return (1 - decay) / -Double.expMinusOne(t * Double.log(decay))
    }
  }

  // MARK: - Parameterized

  /// Visits the averaged parameters under the prefix "module".
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    model.visitParameters(under: "module", visit)
  }

  /// Reads the averaged parameters under the prefix "module".
  public func readParameters(under path: String?, _ read: ParameterReader<Scalar>) {
    model.readParameters(under: path.map { $0 + "module." }, read)
  }

  /// Visits the buffers under the prefix "module".
  public mutating func visitBuffers(_ visit: ParameterVisitor<Scalar>) {
    model.visitBuffers(under: "module", visit)
  }

  /// Visits the number of updates as `n_averaged`, and the counters under the prefix "module".
  public mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    visit("n_averaged", &updateCount)
    model.visitCounters(under: "module", visit)
  }
}
