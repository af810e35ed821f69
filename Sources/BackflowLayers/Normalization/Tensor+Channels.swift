internal import BackflowKernels
internal import BackflowLinearAlgebra

// A tensor seen as [outer, channels, inner], for layers that keep one number for each channel.
extension Tensor {
  /// The view whose channels are the indices along `axis`.
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
    Tensor(
      shape: [layout.channels],
      storage: VectorKernels.channelDots(span, other.span, layout).rounded())
  }

  /// The mean of each channel and, if asked for, its biased variance, which is divided by the
  /// count.
  func moments(_ layout: ChannelLayout, withVariance: Bool = true) -> ChannelMoments {
    VectorKernels.channelMoments(span, layout, withVariance: withVariance)
  }

  /// (self − mean) factor, by channel.
  func standardized(
    _ moments: ChannelMoments, _ factors: Buffer<Double>, _ layout: ChannelLayout
  ) -> Tensor {
    elementwise(self) {
      VectorKernels.channelStandardize($0, moments, factors: factors, layout, into: $1)
    }
  }

  /// self · scale + shift, by channel.
  func affine(scale: Tensor, shift: Tensor, _ layout: ChannelLayout) -> Tensor {
    elementwise(self) {
      VectorKernels.channelAffine($0, scale: scale.span, shift: shift.span, layout, into: $1)
    }
  }

  /// γ · self + β, by channel, for the parameters that `layer` has.
  ///
  /// - Precondition: They are [channels].
  func affine(
    scale: Tensor?, shift: Tensor?, _ layout: ChannelLayout, _ layer: StaticString
  ) -> Tensor {
    for parameter in [scale, shift] {
      guard let shape = parameter?.shape else { continue }
      require(
        shape == [layout.channels],
        "\(layer): weight or bias \(shape) instead of [\(layout.channels)]")
    }
    if scale == nil && shift == nil { return self }
    return affine(
      scale: scale ?? .ones([layout.channels]), shift: shift ?? .zeros([layout.channels]), layout)
  }

  /// (self − mean − other · weight) scale, by channel: the gradient that flows back through a
  /// normalization. Computed in double, because a gradient may be far from 0 and near its mean.
  func centered(
    by mean: ChannelMoments, minus other: Tensor, times weights: Buffer<Double>,
    scale: Buffer<Double>, _ layout: ChannelLayout
  ) -> Tensor {
    elementwise(self) {
      VectorKernels.channelResiduals(
        $0, mean, other.span, slopes: weights, factors: scale, layout, into: $1)
    }
  }
}

extension ChannelMoments {
  /// The means, [channels].
  func means<S>(_: S.Type = S.self) -> Tensor<S> { vector { mean($0) } }

  /// The variances, [channels]. A finite one beyond the largest number of the precision becomes
  /// that number, so that running statistics recover from it.
  func variances<S>(_: S.Type = S.self) -> Tensor<S> {
    let largest = Double(S.greatestFiniteMagnitude)
    return vector { channel in
      let variance = variance(channel)
      return standardDeviation(channel).isFinite ? Swift.min(variance, largest) : variance
    }
  }

  private func vector<S>(_ number: (Int) -> Double) -> Tensor<S> {
    Tensor(shape: [count], storage: map(number).rounded())
  }
}
