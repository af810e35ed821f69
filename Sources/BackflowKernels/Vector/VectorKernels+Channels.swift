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

  /// y[c] ← Σ a b
  package static func channelDots<S: RealScalar>(
    _ a: Span<S>, _ b: Span<S>, _ layout: ChannelLayout, into y: consuming MutableSpan<S>
  ) {
    requireCount(layout.count, a.count)
    requireCount(layout.count, b.count)
    unsafe pairSums(a, b, layout, into: y, S._routines.vector.feedForward.channelDots)
  }

  /// The mean of each channel, and its variance if it is asked for.
  package static func channelMoments<S: RealScalar>(
    _ x: Span<S>, _ layout: ChannelLayout, withVariance: Bool = true
  ) -> ChannelMoments {
    requireCount(layout.count, x.count)
    var moments = ChannelMoments(uninitialized: layout.channels)
    let (mean, rest) = unsafe (moments.mean.uniqueBase(), moments.rest.uniqueBase())
    let (scale, variance) = unsafe (moments.scale.uniqueBase(), moments.variance.uniqueBase())
    unsafe x.withUnsafeBufferPointer { x in
      unsafe S._routines.vector.feedForward.channelMoments(
        layout.outer, layout.channels, layout.inner, x.baseAddress, mean, rest, scale,
        withVariance ? variance : nil)
    }
    return moments
  }

  /// y ← (x − mean[c])/√(variance[c] + ε)
  package static func channelStandardize<S: RealScalar>(
    _ x: Span<S>, _ moments: ChannelMoments, epsilon: Double, _ layout: ChannelLayout,
    into y: consuming MutableSpan<S>
  ) {
    requireCount(layout.count, x.count)
    requireCount(layout.count, y.count)
    requireCount(layout.channels, moments.count)
    let factors = moments.factors(epsilon)
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

  /// y ← x scale[c] + shift[c]
  package static func channelAffine<S: RealScalar>(
    _ x: Span<S>, scale: Span<S>, shift: Span<S>, _ layout: ChannelLayout,
    into y: consuming MutableSpan<S>
  ) {
    unsafe mapChannels(
      scale, shift, x, layout, into: y, S._routines.vector.feedForward.channelAffine)
  }

  /// y ← p[c] a + q[c] b + r[c]
  package static func channelCombine<S: RealScalar>(
    _ p: Span<S>, _ a: Span<S>, _ q: Span<S>, _ b: Span<S>, _ r: Span<S>,
    _ layout: ChannelLayout, into y: consuming MutableSpan<S>
  ) {
    requireCount(layout.channels, p.count)
    requireCount(layout.channels, q.count)
    requireCount(layout.channels, r.count)
    requireCount(layout.count, a.count)
    requireCount(layout.count, b.count)
    requireCount(layout.count, y.count)
    unsafe p.withUnsafeBufferPointer { p in
      unsafe q.withUnsafeBufferPointer { q in
        unsafe r.withUnsafeBufferPointer { r in
          unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
              unsafe y.withUnsafeMutableBufferPointer { y in
                unsafe S._routines.vector.feedForward.channelCombine(
                  layout.outer, layout.channels, layout.inner, p.baseAddress, q.baseAddress,
                  r.baseAddress, a.baseAddress, b.baseAddress, y.baseAddress)
              }
            }
          }
        }
      }
    }
  }

  private static func pairSums<S: RealScalar>(
    _ a: Span<S>, _ b: Span<S>, _ layout: ChannelLayout, into y: consuming MutableSpan<S>,
    _ kernel: FeedForwardRoutines<S>.ChannelPairSums
  ) {
    requireCount(layout.channels, y.count)
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe y.withUnsafeMutableBufferPointer { y in
          unsafe kernel(
            layout.outer, layout.channels, layout.inner, a.baseAddress, b.baseAddress,
            y.baseAddress)
        }
      }
    }
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
