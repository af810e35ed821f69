internal import BackflowKernels
internal import BackflowLinearAlgebra

// The columns written out: X̄ = Wᵀ Ȳ, for windows that are not next to each other.

extension Conv2D {
  /// x̄ = fold(Wᵀ Ȳ), for any stride and padding.
  func foldedGradient(
    _ outputGradient: Tensor<Scalar>, _ input: Shape, _ windows: WindowGeometry
  ) -> Tensor<Scalar> {
    var inputGradient = Tensor<Scalar>(uninitialized: input)
    for part in parts(of: input[0], windows) {
      let y = outputGradient.slice(part).withChannelsFirst().perGroup(groups)
      let columnGradient = batchedMatmul(weight.perGroup(groups), y, transposeLeft: true)
      inputGradient.replaceSlice(part, with: folded(columnGradient, part.count, windows))
    }
    return inputGradient
  }

  /// The batch in parts whose columns have about 2²⁰ elements, so that they stay in the cache.
  private func parts(of samples: Int, _ windows: WindowGeometry) -> [Range<Int>] {
    let columnsOfSample = inputChannels * windows.taps * windows.outputs
    let length = max(1, (1 << 20) / max(1, columnsOfSample))
    return Swift.stride(from: 0, to: samples, by: length).map {
      $0..<min(samples, $0 + length)
    }
  }

  /// The columns summed at the pixels from which they were read, [B, C, height, width].
  private func folded(
    _ columns: Tensor<Scalar>, _ samples: Int, _ windows: WindowGeometry
  ) -> Tensor<Scalar> {
    var input = Tensor<Scalar>(
      uninitialized: [samples, inputChannels, windows.height.extent, windows.width.extent])
    VectorKernels.fold(
      columns.span, samples: samples, channels: inputChannels, windows, into: input.mutableSpan)
    return input
  }
}

extension Tensor {
  /// The rows of each group as a separate matrix, [g, rows/g, the rest].
  fileprivate func perGroup(_ groups: Int) -> Tensor {
    reshaped(to: [groups, shape[0] / groups, shape.dropFirst().reduce(1, *)])
  }

  /// [B, O, height′, width′] as [O, B·P].
  fileprivate func withChannelsFirst() -> Tensor {
    let pixels = shape[2] * shape[3]
    return swappingOuterAxes(shape[0], shape[1], pixels)
      .reshaped(to: [shape[1], shape[0] * pixels])
  }

  /// The blocks of [first, second, length] in the order [second, first, length].
  private func swappingOuterAxes(_ first: Int, _ second: Int, _ length: Int) -> Tensor {
    var result = Tensor(uninitialized: [second, first, length])
    for index in 0..<second {
      Blocks.copy(
        count: first, length: length, from: span, at: index * length, stride: second * length,
        into: result.mutableSpan, at: index * first * length, stride: length)
    }
    return result
  }
}
