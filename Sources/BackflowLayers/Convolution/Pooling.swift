public import BackflowKernels
public import BackflowLinearAlgebra

/// The largest element of each window (PyTorch `MaxPool2d`, floor mode).
///
///     y[n, c, p, q] = max_{i, j} x[n, c, s·p + d·i − pad, s·q + d·j − pad]
///     x̄ = Σ ȳ over the windows whose largest element it is
///
/// Padding is never the largest: where a dilated kernel covers nothing else, the result is −∞ and
/// has no gradient. Of equal elements the first counts; a NaN counts as the largest. Ranzato et
/// al., CVPR 2007.
///
/// Shapes: x [B, C, height, width], y [B, C, height′, width′] as in `Conv2D`. Cache: the index of
/// each largest element. Cost: kH·kW comparisons for each output; backward one addition.
public struct MaxPool2D<Scalar: RealScalar>: ParameterlessLayer {
  /// The extents of a window.
  public let kernelSize: HeightWidth
  /// The step from window to window.
  public let stride: HeightWidth
  /// The rows and columns around the image, at most half the kernel.
  public let padding: HeightWidth
  /// The step from tap to tap.
  public let dilation: HeightWidth

  /// A pooling layer whose stride is the kernel size by default.
  ///
  /// - Precondition: Extents and steps are positive, and the padding is at most half the kernel.
  public init(
    kernelSize: HeightWidth, stride: HeightWidth? = nil, padding: HeightWidth = 0,
    dilation: HeightWidth = 1
  ) {
    requireWindows(
      kernel: kernelSize, stride: stride ?? kernelSize, padding: padding, dilation: dilation,
      "MaxPool2D")
    requirePadding(padding, kernelSize, "MaxPool2D")
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding
    self.dilation = dilation
  }

  /// What `backward` reads.
  public struct Cache: Sendable {
    /// The shape of x.
    public let inputShape: Shape
    /// The index of each largest element in its plane of height·width elements.
    let winners: Buffer<Int32>
  }

  /// y, [B, C, height′, width′].
  ///
  /// - Precondition: x is [B, C, height, width] with pixels and at least one window.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache) {
    let windows = windows(over: input.shape)
    let (samples, channels) = (input.shape[0], input.shape[1])
    var output = Tensor<Scalar>(
      uninitialized: windows.outputShape(of: input.shape, channels: channels))
    var winners = Buffer<Int32>(uninitialized: output.count)
    VectorKernels.maxPool(
      input.span, planes: samples * channels, windows, into: output.mutableSpan,
      winners: winners.mutableSpan)
    return (output, Cache(inputShape: input.shape, winners: winners))
  }

  /// ȳ summed at the largest elements, 0 elsewhere.
  ///
  /// - Precondition: ȳ has the shape of y.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> Tensor<Scalar> {
    let shape = cache.inputShape
    let windows = windows(over: shape)
    requireGradient(
      outputGradient, of: windows.outputShape(of: shape, channels: shape[1]), "MaxPool2D")
    var gradient = Tensor<Scalar>(uninitialized: shape)
    VectorKernels.maxPoolBackward(
      outputGradient.span, winners: cache.winners.span, planes: shape[0] * shape[1], windows,
      into: gradient.mutableSpan)
    return gradient
  }

  private func windows(over input: Shape) -> WindowGeometry {
    WindowGeometry(
      over: input, kernel: kernelSize, stride: stride, padding: padding, dilation: dilation,
      layer: "MaxPool2D")
  }

  /// Neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}

/// The mean of each window (PyTorch `AvgPool2d`, floor mode).
///
///     y[n, c, p, q] = (1/k) Σ_{i, j} x[n, c, s·p + i − pad, s·q + j − pad]        x̄ = Σ ȳ/k
///
/// over the windows that contain an element. k = kH·kW if `countsPadding` (PyTorch
/// `count_include_pad`), else the number of taps inside the image. LeCun et al., Proc. IEEE 86
/// (1998).
///
/// Shapes: x [B, C, height, width], y [B, C, height′, width′] as in `Conv2D`. Cache: the shape of
/// x. Cost: kH·kW additions for each output, forward and backward.
public struct AvgPool2D<Scalar: RealScalar>: ParameterlessLayer {
  /// The extents of a window.
  public let kernelSize: HeightWidth
  /// The step from window to window.
  public let stride: HeightWidth
  /// The zeros around the image, at most half the kernel.
  public let padding: HeightWidth
  /// Whether the zeros of the padding count in the mean.
  public let countsPadding: Bool

  /// A pooling layer whose stride is the kernel size by default.
  ///
  /// - Precondition: Extents and steps are positive, and the padding is at most half the kernel.
  public init(
    kernelSize: HeightWidth, stride: HeightWidth? = nil, padding: HeightWidth = 0,
    countsPadding: Bool = true
  ) {
    requireWindows(
      kernel: kernelSize, stride: stride ?? kernelSize, padding: padding, "AvgPool2D")
    requirePadding(padding, kernelSize, "AvgPool2D")
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding
    self.countsPadding = countsPadding
  }

  /// y, [B, C, height′, width′], and the shape of x as the cache.
  ///
  /// - Precondition: x is [B, C, height, width] with pixels and at least one window.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Shape) {
    let windows = windows(over: input.shape)
    let (samples, channels) = (input.shape[0], input.shape[1])
    var output = Tensor<Scalar>(
      uninitialized: windows.outputShape(of: input.shape, channels: channels))
    VectorKernels.averagePool(
      input.span, planes: samples * channels, windows, countsPadding: countsPadding,
      into: output.mutableSpan)
    return (output, input.shape)
  }

  /// Σ ȳ/k over the windows that contain an element.
  ///
  /// - Precondition: ȳ has the shape of y.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ shape: Shape
  ) -> Tensor<Scalar> {
    let windows = windows(over: shape)
    requireGradient(
      outputGradient, of: windows.outputShape(of: shape, channels: shape[1]), "AvgPool2D")
    var gradient = Tensor<Scalar>(uninitialized: shape)
    VectorKernels.averagePoolBackward(
      outputGradient.span, planes: shape[0] * shape[1], windows, countsPadding: countsPadding,
      into: gradient.mutableSpan)
    return gradient
  }

  private func windows(over input: Shape) -> WindowGeometry {
    WindowGeometry(
      over: input, kernel: kernelSize, stride: stride, padding: padding, dilation: 1,
      layer: "AvgPool2D")
  }

  /// Neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}

/// More padding than half the kernel would make windows of padding alone; PyTorch refuses it as
/// well.
private func requirePadding(_ padding: HeightWidth, _ kernel: HeightWidth, _ layer: String) {
  require(
    2 * padding.height <= kernel.height && 2 * padding.width <= kernel.width,
    "\(layer): padding \(padding) is more than half the kernel \(kernel)")
}
