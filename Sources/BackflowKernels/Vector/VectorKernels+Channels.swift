/// An array seen as [outer, channels, inner], with numbers that belong to a channel.
///
/// Images are [samples, channels, pixels]; the columns of a matrix are channels with `inner` 1, and
/// its rows are channels with `outer` 1.
package struct ChannelLayout: Sendable {
  package let outer, channels, inner: Int

  package init(outer: Int, channels: Int, inner: Int) {
    (self.outer, self.channels, self.inner) = (outer, channels, inner)
  }

  /// The number of elements of one channel.
  package var countOfChannel: Int { outer * inner }

  package var count: Int { outer * channels * inner }
}

extension VectorKernels {
  /// Σ (a − mean) b of each channel, in double, with the means of `moments` or with means of 0.
  package static func channelDots<S: RealScalar>(
    _ a: Span<S>, around moments: ChannelMoments? = nil, _ b: Span<S>, _ layout: ChannelLayout
  ) -> Buffer<Double> {
    let means =
      moments.map { moments in moments.map { moments.mean($0) } } ?? Buffer(uninitialized: 0)
    var dots = Buffer<Double>(uninitialized: layout.channels)
    channelDots(a, mean: means.span, b, layout, into: dots.mutableSpan)
    return dots
  }

  /// The mean of each channel, and its variance if `withVariance`.
  package static func channelMoments<S: RealScalar>(
    _ x: Span<S>, _ layout: ChannelLayout, withVariance: Bool = true
  ) -> ChannelMoments {
    var mean = Buffer<Double>(uninitialized: layout.channels)
    var rest = Buffer<Double>(uninitialized: layout.channels)
    var scale = Buffer<Double>(uninitialized: layout.channels)
    var variance = Buffer<Double>(uninitialized: withVariance ? layout.channels : 0)
    channelMoments(
      x, layout, mean: mean.mutableSpan, rest: rest.mutableSpan, scale: scale.mutableSpan,
      variance: variance.mutableSpan)
    return ChannelMoments(mean: mean, rest: rest, scale: scale, variance: variance)
  }

  /// y = (x − mean[c]) factors[c], where a factor is for example 1/√(variance + ε).
  package static func channelStandardize<S: RealScalar>(
    _ x: Span<S>, _ moments: ChannelMoments, factors: Buffer<Double>, _ layout: ChannelLayout,
    into y: consuming MutableSpan<S>
  ) {
    requireShape("channelStandardize: moments", moments.count, layout.channels)
    // The factors for the scaled numbers. The factor of a constant channel, whose deviations are 0,
    // may be infinite.
    let largest = Double.greatestFiniteMagnitude
    let scaled = moments.map { channel in
      let factor = factors.span[channel] / moments.scale.span[channel]
      return factor == .infinity ? largest : factor
    }
    channelStandardize(
      x, mean: moments.mean.span, rest: moments.rest.span, scale: moments.scale.span,
      factor: scaled.span, layout, into: y)
  }

  /// y = (a − mean[c] − slopes[c] b) factors[c], with the means of `moments`.
  package static func channelResiduals<S: RealScalar>(
    _ a: Span<S>, _ moments: ChannelMoments, _ b: Span<S>, slopes: Buffer<Double>,
    factors: Buffer<Double>, _ layout: ChannelLayout, into y: consuming MutableSpan<S>
  ) {
    let means = moments.map { moments.mean.span[$0] / moments.scale.span[$0] }
    let rests = moments.map { moments.rest.span[$0] / moments.scale.span[$0] }
    channelResiduals(
      a, mean: means.span, rest: rests.span, b, slope: slopes.span, factor: factors.span, layout,
      into: y)
  }
}
