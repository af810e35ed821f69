internal import RealModule

/// The mean and variance of each channel, in double, whatever the size of the numbers.
///
/// They are stored as the kernel `channel_moments` computes them: for the numbers times `scale`, a
/// power of two that is 1 unless their squares exceed the range of a double, and with what `mean`
/// rounds away as `rest`.
package struct ChannelMoments: Sendable {
  let mean, rest, scale, variance: Buffer<Double>

  init(
    mean: Buffer<Double>, rest: Buffer<Double>, scale: Buffer<Double>, variance: Buffer<Double>
  ) {
    (self.mean, self.rest, self.scale, self.variance) = (mean, rest, scale, variance)
  }

  /// Known means and variances, such as running ones.
  package init<S: RealScalar>(means: Span<S>, variances: Span<S>) {
    require(means.count == variances.count, "\(means.count) means, \(variances.count) variances")
    mean = Buffer(converting: means)
    rest = Buffer(repeating: 0, count: means.count)
    scale = Buffer(repeating: 1, count: means.count)
    variance = Buffer(converting: variances)
  }

  package var count: Int { mean.count }

  /// The mean of `channel`.
  package func mean(_ channel: Int) -> Double {
    (mean.span[channel] + rest.span[channel]) / scale.span[channel]
  }

  /// The variance of `channel`, divided by the number of elements and multiplied by `correction`;
  /// infinite beyond the range of a double.
  package func variance(_ channel: Int, correction: Double = 1) -> Double {
    let scale = scale.span[channel]
    return variance.span[channel] * correction / scale / scale
  }

  /// The square root of the variance, which is in range wherever the numbers are.
  package func standardDeviation(_ channel: Int, correction: Double = 1) -> Double {
    (variance.span[channel] * correction).squareRoot() / scale.span[channel]
  }

  /// 1/√(variance + ε) of each channel.
  package func inverseDeviations(epsilon: Double) -> Buffer<Double> {
    let root = epsilon.squareRoot()
    return map { 1 / Double.hypot(standardDeviation($0), root) }
  }

  /// A number for each channel.
  package func map(_ number: (Int) -> Double) -> Buffer<Double> {
    var result = Buffer<Double>(uninitialized: count)
    var elements = result.mutableSpan
    for channel in 0..<count { elements[channel] = number(channel) }
    return result
  }
}

extension Buffer<Double> {
  /// The numbers in double.
  package init<S: RealScalar>(converting numbers: Span<S>) {
    self.init(uninitialized: numbers.count)
    VectorKernels.convert(numbers, into: mutableSpan)
  }

  /// The numbers rounded to `S`.
  package func rounded<S: RealScalar>(to _: S.Type = S.self) -> Buffer<S> {
    var rounded = Buffer<S>(uninitialized: count)
    VectorKernels.convert(span, into: rounded.mutableSpan)
    return rounded
  }
}
