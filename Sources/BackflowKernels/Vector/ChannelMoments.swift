/// Mean and variance of each channel, in double, whatever the size of the numbers.
///
/// Held as `channel_moments` in CVectorKernels gives them: of the numbers times `scale`, a power of two that
/// is 1 wherever a double holds their squares, and with what the mean rounds away as `rest`.
package struct ChannelMoments: Sendable {
  var mean, rest, scale, variance: Buffer<Double>

  init(uninitialized channels: Int) {
    mean = Buffer(uninitialized: channels)
    rest = Buffer(uninitialized: channels)
    scale = Buffer(uninitialized: channels)
    variance = Buffer(uninitialized: channels)
  }

  /// Known means and variances, such as running ones.
  package init<S: RealScalar>(means: Span<S>, variances: Span<S>) {
    require(means.count == variances.count, "\(means.count) means, \(variances.count) variances")
    self.init(uninitialized: means.count)
    rest = Buffer(repeating: 0, count: means.count)
    scale = Buffer(repeating: 1, count: means.count)
    VectorKernels.convert(means, into: mean.mutableSpan)
    VectorKernels.convert(variances, into: variance.mutableSpan)
  }

  package var count: Int { mean.count }

  /// The mean of `channel`.
  package func mean(_ channel: Int) -> Double {
    (mean.span[channel] + rest.span[channel]) / scale.span[channel]
  }

  /// The variance of `channel`, divided by the number of elements and multiplied by `correction`; infinite
  /// beyond the range of a double.
  package func variance(_ channel: Int, correction: Double = 1) -> Double {
    let scale = scale.span[channel]
    return variance.span[channel] * correction / scale / scale
  }

  /// The square root of the variance, which is in range wherever the numbers are.
  package func standardDeviation(_ channel: Int, correction: Double = 1) -> Double {
    (variance.span[channel] * correction).squareRoot() / scale.span[channel]
  }

  /// 1/√(variance + ε), in the units of the scaled numbers.
  func factors(_ epsilon: Double) -> Buffer<Double> {
    map { channel in
      let scale = scale.span[channel]
      return 1 / (variance.span[channel] + epsilon * scale * scale).squareRoot()
    }
  }

  /// A number for each channel, rounded to `S`.
  package func numbers<S: RealScalar>(_ number: (Int) -> Double) -> Buffer<S> {
    let wide = map(number)
    var rounded = Buffer<S>(uninitialized: count)
    VectorKernels.convert(wide.span, into: rounded.mutableSpan)
    return rounded
  }

  /// 1/√(variance + ε) of `channel`.
  package func inverseDeviation(_ channel: Int, epsilon: Double) -> Double {
    let scale = scale.span[channel]
    return scale / (variance.span[channel] + epsilon * scale * scale).squareRoot()
  }

  private func map(_ number: (Int) -> Double) -> Buffer<Double> {
    var result = Buffer<Double>(uninitialized: count)
    var elements = result.mutableSpan
    for channel in 0..<count { elements[channel] = number(channel) }
    return result
  }
}
