internal import BackflowKernels
internal import BackflowLinearAlgebra

// A tensor seen as [outer, channels, inner], for layers that keep one number a channel.
extension Tensor {
  /// The view whose channels are the places along `axis`.
  func channels(axis: Int) -> ChannelLayout {
    ChannelLayout(
      outer: shape[..<axis].reduce(1, *), channels: shape[axis],
      inner: shape[(axis + 1)...].reduce(1, *))
  }

  /// Σ over each channel, [channels].
  func sums(_ layout: ChannelLayout) -> Tensor {
    var result = Tensor(uninitialized: [layout.channels])
    VectorKernels.channelSums(span, layout, into: result.mutableSpan)
    return result
  }

  /// Σ self ⊙ other over each channel, [channels].
  func dots(_ other: Tensor, _ layout: ChannelLayout) -> Tensor {
    var result = Tensor(uninitialized: [layout.channels])
    VectorKernels.channelDots(span, other.span, layout, into: result.mutableSpan)
    return result
  }

  /// The mean of each channel and its variance, divided by the count (the biased one).
  func moments(_ layout: ChannelLayout) -> (mean: Tensor, variance: Tensor) {
    let count = Scalar(layout.countOfChannel)
    let mean = sums(layout) / count
    var squares = Tensor(uninitialized: [layout.channels])
    VectorKernels.channelSquares(span, around: mean.span, layout, into: squares.mutableSpan)
    return (mean, squares / count)
  }

  /// (self − mean) scale, by channel.
  func standardized(mean: Tensor, scale: Tensor, _ layout: ChannelLayout) -> Tensor {
    map(self) {
      VectorKernels.channelStandardize(
        $0, mean: mean.span, scale: scale.span, layout, into: $1)
    }
  }

  /// self · scale + shift, by channel.
  func affine(scale: Tensor, shift: Tensor, _ layout: ChannelLayout) -> Tensor {
    map(self) {
      VectorKernels.channelAffine($0, scale: scale.span, shift: shift.span, layout, into: $1)
    }
  }

  /// p · self + q · other + r, by channel.
  func combined(
    _ p: Tensor, with other: Tensor, _ q: Tensor, plus r: Tensor, _ layout: ChannelLayout
  ) -> Tensor {
    map(self) {
      VectorKernels.channelCombine(p.span, $0, q.span, other.span, r.span, layout, into: $1)
    }
  }
}
