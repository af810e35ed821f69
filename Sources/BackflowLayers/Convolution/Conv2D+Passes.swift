internal import BackflowKernels
public import BackflowLinearAlgebra

extension Conv2D: Layer {
  /// What `backward` reads.
  public struct Cache: Sendable {
    /// x, [B, C, height, width]
    public let input: Tensor<Scalar>
  }

  /// y, [B, O, height′, width′].
  ///
  /// - Precondition: x is [B, C, height, width] with pixels and at least one window.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache) {
    let windows = windows(over: input.shape)
    let channels = input.channels(axis: 1).channels
    require(
      channels == inputChannels,
      "Conv2D: input \(input.shape) does not fit weight \(weight.shape) in \(groups) groups")
    var output = Tensor<Scalar>(
      uninitialized: windows.outputShape(of: input.shape, channels: outputChannels))
    for part in parts(of: input.shape[0], windows) {
      let columns = columns(of: input.slice(part), windows)
      let product = batchedMatmul(weight.perGroup(groups), columns.perGroup(groups))
      output.replaceSlice(part, with: product.withSamplesFirst(part.count, output.shape))
    }
    if let bias {
      output = output.affine(
        scale: .ones(bias.shape), shift: bias, output.channels(axis: 1))
    }
    return (output, Cache(input: input))
  }

  /// x̄ = fold(Wᵀ Ȳ), W̄ = Ȳ Xᵀ, b̄ = Σ Ȳ.
  ///
  /// - Precondition: ȳ has the shape of y.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Conv2D) {
    let input = cache.input
    let windows = windows(over: input.shape)
    requireGradient(
      outputGradient, of: windows.outputShape(of: input.shape, channels: outputChannels), "Conv2D")

    var inputGradient = Tensor<Scalar>(uninitialized: input.shape)
    var gradients = self
    gradients.weight = .zeros(weight.shape)
    // Large images make many parts, so their sum is compensated.
    var error = Tensor<Scalar>.zeros(weight.shape)
    if bias != nil {
      gradients.bias = outputGradient.sums(outputGradient.channels(axis: 1))
    }
    for part in parts(of: input.shape[0], windows) {
      let y = outputGradient.slice(part).withChannelsFirst().perGroup(groups)
      let x = columns(of: input.slice(part), windows).perGroup(groups)
      let partOfWeight = batchedMatmul(y, x, transposeRight: true)
      VectorKernels.add(
        partOfWeight.span, to: gradients.weight.mutableSpan, keeping: error.mutableSpan)
      let columnGradient = batchedMatmul(weight.perGroup(groups), y, transposeLeft: true)
      inputGradient.replaceSlice(part, with: folded(columnGradient, part.count, windows))
    }
    gradients.weight += error
    return (inputGradient, gradients)
  }

  /// The input x.
  public func input(in cache: Cache) -> Tensor<Scalar>? { cache.input }

  /// Multiplies the signal by the weight.
  public var signalKind: SignalKind? { .weight }
}

// MARK: - Columns

extension Conv2D {
  private func windows(over input: Shape) -> WindowGeometry {
    WindowGeometry(
      over: input, kernel: kernelSize, stride: stride, padding: padding, dilation: dilation,
      layer: "Conv2D")
  }

  /// The batch in parts whose columns have about 2²⁰ elements, so that they stay in the cache.
  private func parts(of samples: Int, _ windows: WindowGeometry) -> [Range<Int>] {
    let columnsOfSample = inputChannels * windows.taps * windows.outputs
    let length = max(1, (1 << 20) / max(1, columnsOfSample))
    return Swift.stride(from: 0, to: samples, by: length).map {
      $0..<min(samples, $0 + length)
    }
  }

  /// X of these samples, [C·kH·kW, B·P]; the rows of a group lie together.
  private func columns(of input: Tensor<Scalar>, _ windows: WindowGeometry) -> Tensor<Scalar> {
    let samples = input.shape[0]
    var columns = Tensor<Scalar>(
      uninitialized: [inputChannels * windows.taps, samples * windows.outputs])
    VectorKernels.unfold(
      input.span, samples: samples, channels: inputChannels, windows, into: columns.mutableSpan)
    return columns
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

  /// [O, B·P] as [B, O, height′, width′], B of them in this part and the rest of `output`'s shape.
  fileprivate func withSamplesFirst(_ samples: Int, _ output: Shape) -> Tensor {
    let (channels, pixels) = (output[1], output[2] * output[3])
    return swappingOuterAxes(channels, samples, pixels)
      .reshaped(to: output.replacing(axis: 0, with: samples))
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
