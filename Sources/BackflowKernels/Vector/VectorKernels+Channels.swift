/// An array seen as [outer, channels, inner], with numbers that belong to a channel.
///
/// Images are [samples, channels, pixels]; the columns of a matrix are channels with `inner` 1, its
/// rows channels with `outer` 1.
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
  /// y[c] ← Σ x
  package static func channelSums<S: RealScalar>(
    _ x: Span<S>, _ layout: ChannelLayout, into y: consuming MutableSpan<S>
  ) {
    requireCount(layout.count, x.count)
    requireCount(layout.channels, y.count)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe S._routines.vector.feedForward.channelSums(
          layout.outer, layout.channels, layout.inner, x.baseAddress, y.baseAddress)
      }
    }
  }

  /// Σ (a − mean) b of each channel, in double, with the means of `moments` or without a mean.
  package static func channelDots<S: RealScalar>(
    _ a: Span<S>, around moments: ChannelMoments? = nil, _ b: Span<S>, _ layout: ChannelLayout
  ) -> Buffer<Double> {
    requireCount(layout.count, a.count)
    requireCount(layout.count, b.count)
    let means = moments.map { moments in
      requireCount(layout.channels, moments.count)
      return moments.map { moments.mean($0) }
    }
    var dots = Buffer<Double>(uninitialized: layout.channels)
    let result = unsafe dots.uniqueBase()
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe S._routines.vector.feedForward.channelDots(
          layout.outer, layout.channels, layout.inner, means?.sharedBase, a.baseAddress,
          b.baseAddress, result)
      }
    }
    withExtendedLifetime(means) {}
    return dots
  }

  /// The mean of each channel, and its variance if it is asked for.
  package static func channelMoments<S: RealScalar>(
    _ x: Span<S>, _ layout: ChannelLayout, withVariance: Bool = true
  ) -> ChannelMoments {
    requireCount(layout.count, x.count)
    var moments = ChannelMoments(uninitialized: layout.channels, withVariance: withVariance)
    let (mean, rest) = unsafe (moments.mean.uniqueBase(), moments.rest.uniqueBase())
    let (scale, variance) = unsafe (moments.scale.uniqueBase(), moments.variance.uniqueBase())
    unsafe x.withUnsafeBufferPointer { x in
      unsafe S._routines.vector.feedForward.channelMoments(
        layout.outer, layout.channels, layout.inner, x.baseAddress, mean, rest, scale,
        withVariance ? variance : nil)
    }
    return moments
  }

  /// y ← (x − mean[c]) · factors[c], such as 1/√(variance + ε)
  package static func channelStandardize<S: RealScalar>(
    _ x: Span<S>, _ moments: ChannelMoments, factors: Buffer<Double>, _ layout: ChannelLayout,
    into y: consuming MutableSpan<S>
  ) {
    requireCount(layout.count, x.count)
    requireCount(layout.count, y.count)
    requireCount(layout.channels, moments.count)
    requireCount(layout.channels, factors.count)
    // In the units of the scaled numbers. Of a constant channel, whose deviations are 0, the factor may be out
    // of range.
    let largest = Double.greatestFiniteMagnitude
    let factors = moments.map { channel in
      let factor = factors.span[channel] / moments.scale.span[channel]
      return factor == .infinity ? largest : factor
    }
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe S._routines.vector.feedForward.channelStandardize(
          layout.outer, layout.channels, layout.inner, moments.mean.sharedBase,
          moments.rest.sharedBase, moments.scale.sharedBase, factors.sharedBase, x.baseAddress,
          y.baseAddress)
      }
    }
    withExtendedLifetime((moments, factors)) {}
  }

  /// y ← (a − mean[c] − b slopes[c]) factors[c], the means being those of `moments`
  package static func channelResiduals<S: RealScalar>(
    _ a: Span<S>, _ moments: ChannelMoments, _ b: Span<S>, slopes: Buffer<Double>,
    factors: Buffer<Double>, _ layout: ChannelLayout, into y: consuming MutableSpan<S>
  ) {
    requireCount(layout.count, a.count)
    requireCount(layout.count, b.count)
    requireCount(layout.count, y.count)
    for count in [moments.count, slopes.count, factors.count] {
      requireCount(layout.channels, count)
    }
    let means = moments.map { moments.mean.span[$0] / moments.scale.span[$0] }
    let rests = moments.map { moments.rest.span[$0] / moments.scale.span[$0] }
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe y.withUnsafeMutableBufferPointer { y in
          unsafe S._routines.vector.feedForward.channelResiduals(
            layout.outer, layout.channels, layout.inner, means.sharedBase, rests.sharedBase,
            slopes.sharedBase, factors.sharedBase, a.baseAddress, b.baseAddress, y.baseAddress)
        }
      }
    }
    withExtendedLifetime((means, rests, slopes, factors)) {}
  }

  /// y ← x scale[c] + shift[c]
  package static func channelAffine<S: RealScalar>(
    _ x: Span<S>, scale: Span<S>, shift: Span<S>, _ layout: ChannelLayout,
    into y: consuming MutableSpan<S>
  ) {
    unsafe mapChannels(
      scale, shift, x, layout, into: y, S._routines.vector.feedForward.channelAffine)
  }

  private static func mapChannels<S: RealScalar>(
    _ p: Span<S>, _ q: Span<S>, _ x: Span<S>, _ layout: ChannelLayout,
    into y: consuming MutableSpan<S>, _ kernel: FeedForwardRoutines<S>.ChannelMap
  ) {
    requireCount(layout.channels, p.count)
    requireCount(layout.channels, q.count)
    requireCount(layout.count, x.count)
    requireCount(layout.count, y.count)
    unsafe p.withUnsafeBufferPointer { p in
      unsafe q.withUnsafeBufferPointer { q in
        unsafe x.withUnsafeBufferPointer { x in
          unsafe y.withUnsafeMutableBufferPointer { y in
            unsafe kernel(
              layout.outer, layout.channels, layout.inner, p.baseAddress, q.baseAddress,
              x.baseAddress, y.baseAddress)
          }
        }
      }
    }
  }
}
