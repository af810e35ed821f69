public import BackflowKernels
public import BackflowLinearAlgebra

/// Batch normalization over every axis but the second (PyTorch `BatchNorm1d` and `BatchNorm2d`).
///
///     μ = mean(x)      v = mean((x − μ)²)      r = 1/√(v + ε)
///     x̂ = (x − μ) r    y = γ x̂ + β
///
/// with one μ, v, γ and β for each channel. Backward in training, over the m elements of a channel:
///
///     x̄ = γ r (ȳ − (β̄ + x̂ γ̄)/m)        γ̄ = Σ ȳ x̂        β̄ = Σ ȳ
///
/// In evaluation μ and v are the running statistics, which are constants, and x̄ = γ r ȳ. A
/// training step updates them by `updateBuffers(from:)`, with the unbiased variance v m/(m − 1):
///
///     μ_running ← (1 − momentum) μ_running + momentum μ        likewise v_running
///
/// Ioffe and Szegedy, "Batch normalization", ICML 2015; running statistics as in PyTorch.
///
/// A layer without γ and β computes with γ = 1 and β = 0 (PyTorch `affine=False`).
///
/// Shapes: x and y [B, C], [B, C, L] or [B, C, height, width]; γ, β, μ and v [C]. Cache: x̂, μ, v
/// and r. Cost: 8·count flops forward, 9·count backward.
public struct BatchNorm<Scalar: RealScalar>: Parameterized {
  /// γ, [C], or `nil` for a layer without it.
  public var weight: Tensor<Scalar>?
  /// β, [C], or `nil` for a layer without it.
  public var bias: Tensor<Scalar>?
  /// The running μ, [C]: a buffer, not a parameter.
  public var runningMean: Tensor<Scalar>
  /// The running unbiased v, [C]: a buffer, not a parameter.
  public var runningVariance: Tensor<Scalar>
  /// The number of training batches in the running statistics (PyTorch `num_batches_tracked`): a
  /// counter, not a parameter.
  public var trackedBatchCount: Int
  /// The weight of the new batch in the running statistics.
  ///
  /// - Precondition: The momentum is in 0...1.
  public var momentum: Double { didSet { checkMomentum() } }
  /// ε, which keeps r finite where a channel is constant.
  public let epsilon: Double

  /// A layer with these parameters and statistics, all [C], or without the parameters.
  ///
  /// - Precondition: All have one shape with at least one channel, the momentum is in 0...1, and ε
  ///   is positive, also when rounded to `Scalar`.
  public init(
    weight: Tensor<Scalar>? = nil, bias: Tensor<Scalar>? = nil, runningMean: Tensor<Scalar>,
    runningVariance: Tensor<Scalar>, trackedBatchCount: Int = 0, momentum: Double = 0.1,
    epsilon: Double = 1e-5
  ) {
    let shape = runningMean.shape
    let shapes = [weight?.shape ?? shape, bias?.shape ?? shape, runningVariance.shape]
    require(
      shape.rank == 1 && shapes.allSatisfy { $0 == shape },
      "BatchNorm: weight \(shapes[0]), bias \(shapes[1]), running mean \(shape) and"
        + " running variance \(shapes[2]) do not fit together")
    require(runningMean.count > 0, "BatchNorm: running mean \(shape) has no channels")
    SettingRange.positive.check(epsilon, "ε", of: "BatchNorm", in: Scalar.self)
    self.weight = weight
    self.bias = bias
    self.runningMean = runningMean
    self.runningVariance = runningVariance
    self.trackedBatchCount = trackedBatchCount
    self.momentum = momentum
    self.epsilon = epsilon
    checkMomentum()
  }

  private func checkMomentum() {
    SettingRange.averagingWeight.check(momentum, "the momentum", of: "BatchNorm", in: Scalar.self)
  }

  /// A layer over `channels` with γ = 1 and β = 0, or without them if `isAffine` is false, and with
  /// the running statistics 0 and 1.
  public init(
    channels: Int, isAffine: Bool = true, momentum: Double = 0.1, epsilon: Double = 1e-5
  ) {
    self.init(
      weight: isAffine ? .ones([channels]) : nil, bias: isAffine ? .zeros([channels]) : nil,
      runningMean: .zeros([channels]), runningVariance: .ones([channels]), momentum: momentum,
      epsilon: epsilon)
  }

  /// A copy of a layer of either precision.
  ///
  /// - Precondition: The momentum and ε keep their meaning when they are rounded to `Scalar`.
  public init<Other>(_ other: BatchNorm<Other>) {
    self.init(
      weight: other.weight.map { Tensor($0) }, bias: other.bias.map { Tensor($0) },
      runningMean: Tensor(other.runningMean), runningVariance: Tensor(other.runningVariance),
      trackedBatchCount: other.trackedBatchCount, momentum: other.momentum,
      epsilon: other.epsilon)
  }

  /// C, the number of channels.
  public var channels: Int { runningMean.count }

  /// Visits `weight` and `bias`, as far as the layer has them.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    weight?.visit(as: "weight", visit)
    bias?.visit(as: "bias", visit)
  }

  /// Visits `running_mean` and `running_var`.
  public mutating func visitBuffers(_ visit: ParameterVisitor<Scalar>) {
    visit("running_mean", &runningMean)
    visit("running_var", &runningVariance)
  }

  /// Visits `num_batches_tracked`.
  public mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    visit("num_batches_tracked", &trackedBatchCount)
  }

  /// Neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}

extension BatchNorm: Layer {
  /// What `backward` and `updateBuffers` read.
  public struct Cache: Sendable {
    /// x̂, of the input's shape
    public let normalized: Tensor<Scalar>
    /// The μ that was subtracted, [C]
    public let mean: Tensor<Scalar>
    /// v, the biased variance of the batch or the running one, [C]
    public let variance: Tensor<Scalar>
    /// r, [C]
    public let inverseDeviation: Tensor<Scalar>
    /// Whether μ and v are those of the batch, so that the gradient flows through them.
    public let isTraining: Bool
  }

  /// The mode, and in evaluation mode how well the running statistics fit the batch.
  ///
  /// - Complexity: One pass over x̂ in evaluation mode.
  public func normalization(in cache: Cache) -> NormalizationTrace? {
    let (shift, deviation) =
      cache.isTraining ? (0, 1) : Self.fit(cache.normalized)
    return NormalizationTrace(
      isTraining: cache.isTraining, trackedBatches: trackedBatchCount, meanShift: shift,
      deviation: deviation)
  }

  /// The root mean squares of the means and of the standard deviations of the channels.
  private static func fit(_ normalized: Tensor<Scalar>) -> (shift: Double, deviation: Double) {
    let moments = normalized.moments(normalized.channels(axis: 1))
    let (means, variances): (Tensor<Scalar>, Tensor<Scalar>) = (
      moments.means(), moments.variances()
    )
    let count = Double(max(means.count, 1))
    return (
      Double(means.norm()) / count.squareRoot(), (Double(variances.sum()) / count).squareRoot()
    )
  }

  /// y in evaluation mode, with the running statistics.
  ///
  /// - Precondition: x is [B, C, ...].
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache) {
    forward(input, .evaluation)
  }

  /// y = γ x̂ + β, in training with the statistics of the batch.
  ///
  /// - Precondition: x is [B, C, ...], and in training each channel has more than one value.
  public func forward(
    _ input: Tensor<Scalar>, _ mode: Mode
  ) -> (output: Tensor<Scalar>, cache: Cache) {
    require(
      input.rank >= 2 && input.shape[1] == self.channels,
      "BatchNorm: input \(input.shape) instead of [N, \(self.channels), ...]")
    let channels = input.channels(axis: 1)
    let moments =
      mode == .evaluation
      ? ChannelMoments(means: runningMean.span, variances: runningVariance.span)
      : batchMoments(input, channels)
    let r = moments.inverseDeviations(epsilon: epsilon)
    let normalized = input.standardized(moments, r, channels)
    let output = normalized.affine(scale: weight, shift: bias, channels, "BatchNorm")
    let cache = Cache(
      normalized: normalized, mean: moments.means(), variance: moments.variances(),
      inverseDeviation: Tensor(shape: [r.count], storage: r.rounded()),
      isTraining: mode != .evaluation)
    return (output, cache)
  }

  private func batchMoments(
    _ input: Tensor<Scalar>, _ channels: ChannelLayout
  ) -> ChannelMoments {
    require(
      channels.countOfChannel > 1,
      "BatchNorm: input \(input.shape) instead of more than one value in each channel"
    )
    return input.moments(channels)
  }

  /// x̄ = γ r (ȳ − (β̄ + x̂ γ̄)/m) after training, γ r ȳ after evaluation; γ̄ = Σ ȳ x̂, β̄ = Σ ȳ.
  ///
  /// - Precondition: ȳ has the shape of y.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: BatchNorm) {
    requireGradient(outputGradient, of: cache.normalized.shape, "BatchNorm")
    let channels = outputGradient.channels(axis: 1)
    // γ̄ = Σ ȳ x̂. In training x̂ sums to 0 over a channel, so ȳ is taken about its mean; otherwise
    // the mean would multiply the rounding error of that sum.
    let mean = outputGradient.moments(channels, withVariance: false)
    let dots = VectorKernels.channelDots(
      outputGradient.span, around: cache.isTraining ? mean : nil, cache.normalized.span, channels)
    let zeros = Tensor<Scalar>.zeros(runningMean.shape)
    let gradients = BatchNorm(
      weight: weight == nil ? nil : Tensor(shape: zeros.shape, storage: dots.rounded()),
      bias: bias == nil ? nil : outputGradient.sums(channels),
      runningMean: zeros, runningVariance: zeros, momentum: momentum, epsilon: epsilon)

    let r = cache.inverseDeviation
    let scale = weight.map { $0 * r } ?? r
    guard cache.isTraining else {
      return (outputGradient.affine(scale: scale, shift: zeros, channels), gradients)
    }
    // x̄ = γ r (ȳ − mean(ȳ) − x̂ mean(ȳ x̂))
    let m = Double(channels.countOfChannel)
    let meanOfProduct = mean.map { dots.span[$0] / m }
    let inputGradient = outputGradient.centered(
      by: mean, minus: cache.normalized, times: meanOfProduct,
      scale: Buffer(converting: scale.span),
      channels)
    return (inputGradient, gradients)
  }

  /// Moves the running statistics toward those of a training batch. A variance that the precision
  /// cannot represent counts as its largest number, so that its influence fades as that of any
  /// other. Counts the batch.
  public mutating func updateBuffers(from cache: Cache) {
    guard cache.isTraining else { return }
    let count = Scalar(cache.normalized.count / channels)
    let largest = Scalar.greatestFiniteMagnitude
    let variance = (cache.variance * (count / (count - 1))).clamped(to: -largest...largest)
    runningMean = average(runningMean, cache.mean)
    runningVariance = average(runningVariance, variance)
    // A counter from a file may have any value, so it must not overflow.
    if trackedBatchCount < .max { trackedBatchCount += 1 }
  }

  /// The moving average. Rounded weights may not add up to 1, so the difference is added, which
  /// leaves a statistic that equals the new one unchanged; with a large momentum it would lose
  /// digits instead.
  private func average(_ running: Tensor<Scalar>, _ new: Tensor<Scalar>) -> Tensor<Scalar> {
    let (keep, take) = (Scalar(1 - momentum), Scalar(momentum))
    return take > 0.5 ? running * keep + new * take : running + (new * take - running * take)
  }
}
