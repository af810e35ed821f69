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
    let bias = bias ?? .zeros([0])
    convolution(of: input, windows).apply(
      input.span, weight: weight.span, bias: bias.span, into: output.mutableSpan)
    return (output, Cache(input: input))
  }

  /// X̄ = Wᵀ Ȳ, W̄ = Ȳ Xᵀ, b̄ = Σ Ȳ.
  ///
  /// - Precondition: ȳ has the shape of y.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Conv2D) {
    let input = cache.input
    let windows = windows(over: input.shape)
    requireGradient(
      outputGradient, of: windows.outputShape(of: input.shape, channels: outputChannels), "Conv2D")

    let convolution = convolution(of: input, windows)
    var gradients = self
    gradients.weight = Tensor(uninitialized: weight.shape)
    convolution.weightGradient(
      input.span, outputGradient.span, into: gradients.weight.mutableSpan)
    if bias != nil {
      gradients.bias = outputGradient.sums(outputGradient.channels(axis: 1))
    }
    guard let transposed = convolution.transposed else {
      return (foldedGradient(outputGradient, input.shape, windows), gradients)
    }
    var flipped = Tensor<Scalar>(uninitialized: weight.shape)
    convolution.flip(weight.span, into: flipped.mutableSpan)
    var inputGradient = Tensor<Scalar>(uninitialized: input.shape)
    let none = Tensor<Scalar>.zeros([0])
    transposed.apply(
      outputGradient.span, weight: flipped.span, bias: none.span, into: inputGradient.mutableSpan)
    return (inputGradient, gradients)
  }

  /// The input x.
  public func input(in cache: Cache) -> Tensor<Scalar>? { cache.input }

  /// Multiplies the signal by the weight.
  public var signalKind: SignalKind? { .weight }
}

extension Conv2D {
  private func windows(over input: Shape) -> WindowGeometry {
    WindowGeometry(
      over: input, kernel: kernelSize, stride: stride, padding: padding, dilation: dilation,
      layer: "Conv2D")
  }

  private func convolution(of input: Tensor<Scalar>, _ windows: WindowGeometry) -> Convolution {
    Convolution(
      samples: input.shape[0], inputs: weight.shape[1], outputs: outputChannels / groups,
      groups: groups, windows)
  }
}
