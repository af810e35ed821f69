public import BackflowKernels
public import BackflowLinearAlgebra

/// A two-dimensional convolution (PyTorch `Conv2d`, zero padding; a cross-correlation, as there).
///
///     y[n, o, p, q] = b[o] + Σ_{c, i, j} W[o, c, i, j] x[n, c, s·p + d·i − pad, s·q + d·j − pad]
///
/// with stride s and dilation d; c runs over the channels of o's group. With the windows unfolded
/// to columns X [C/g·kH·kW, B·P], P the pixels of the output, it is one product for each group
/// (Chellapilla, Puri and Simard, 2006), and so is its backward pass:
///
///     Y = W X + b        X̄ = Wᵀ Ȳ,  folded back to x̄        W̄ = Ȳ Xᵀ        b̄ = Σ Ȳ
///
/// The columns, which are kH·kW times as large as x, are not written out: the products read a copy
/// of one sample with its padding, in which each row of X is the copy, shifted. With stride 1, x̄
/// is the convolution of ȳ with W's taps in reverse order; otherwise Wᵀ Ȳ is folded.
///
/// Shapes: x [B, C, height, width], W [O, C/g, kH, kW], b [O], y [B, O, height′, width′] with
/// height′ = ⌊(height + 2·pad − d·(kH − 1) − 1)/s⌋ + 1. Cache: x. Cost: 2·B·P·O·C/g·kH·kW flops
/// forward, twice that backward.
///
/// Both passes are in Conv2D+Passes, the folded gradient in Conv2D+Columns.
public struct Conv2D<Scalar: RealScalar>: Parameterized {
  /// W, [O, C/g, kH, kW]
  public var weight: Tensor<Scalar>
  /// b, [O], or `nil` for a layer without a bias.
  public var bias: Tensor<Scalar>?
  /// s, the step from window to window.
  public let stride: HeightWidth
  /// The zeros around the image on each side.
  public let padding: HeightWidth
  /// d, the step from tap to tap.
  public let dilation: HeightWidth
  /// g, the number of groups of channels that are convolved separately.
  public let groups: Int

  /// C, the channels of the input.
  public var inputChannels: Int { weight.shape[1] * groups }
  /// O, the channels of the output.
  public var outputChannels: Int { weight.shape[0] }
  /// kH and kW.
  public var kernelSize: HeightWidth {
    HeightWidth(height: weight.shape[2], width: weight.shape[3])
  }

  /// A layer with these parameters: `weight` [O, C/g, kH, kW], `bias` [O] or none.
  ///
  /// - Precondition: Weight and bias fit together and are not empty; stride, dilation and groups
  ///   are positive, the padding is not negative; the groups divide O.
  public init(
    weight: Tensor<Scalar>, bias: Tensor<Scalar>? = nil, stride: HeightWidth = 1,
    padding: HeightWidth = 0, dilation: HeightWidth = 1, groups: Int = 1
  ) {
    require(weight.rank == 4, "Conv2D: weight \(weight.shape) instead of [O, C/g, kH, kW]")
    if let bias {
      require(
        bias.shape == [weight.shape[0]],
        "Conv2D: weight \(weight.shape) and bias \(bias.shape) do not fit together")
    }
    require(
      groups > 0 && weight.shape[0].isMultiple(of: groups),
      "Conv2D: \(groups) groups do not divide the \(weight.shape[0]) channels of the output")
    require(weight.count > 0, "Conv2D: weight \(weight.shape) has no elements")
    requireWindows(
      kernel: HeightWidth(height: weight.shape[2], width: weight.shape[3]), stride: stride,
      padding: padding, dilation: dilation, "Conv2D")
    self.weight = weight
    self.bias = bias
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  /// A layer with randomly initialized weights and zero bias, or no bias if `bias` is false. Fan-in
  /// is C/g·kH·kW, fan-out O·kH·kW (also in groups, as PyTorch counts it).
  ///
  /// - Precondition: As for the other initializer, and the groups divide C.
  public init(
    inputChannels: Int, outputChannels: Int, kernelSize: HeightWidth, stride: HeightWidth = 1,
    padding: HeightWidth = 0, dilation: HeightWidth = 1, groups: Int = 1, bias: Bool = true,
    weights: Initializer = .heUniform(), using random: inout RandomSource
  ) {
    require(
      groups > 0 && inputChannels.isMultiple(of: groups),
      "Conv2D: \(groups) groups do not divide the \(inputChannels) channels of the input")
    require(
      inputChannels > 0 && outputChannels > 0,
      "Conv2D: channel counts must be positive, they are \(inputChannels) and \(outputChannels)")
    requireWindows(
      kernel: kernelSize, stride: stride, padding: padding, dilation: dilation, "Conv2D")
    let shape: Shape = [
      outputChannels, inputChannels / groups, kernelSize.height, kernelSize.width,
    ]
    self.init(
      weight: weights(shape, using: &random), bias: bias ? .zeros([outputChannels]) : nil,
      stride: stride, padding: padding, dilation: dilation, groups: groups)
  }

  /// A copy of a layer of either precision.
  public init<Other>(_ other: Conv2D<Other>) {
    self.init(
      weight: Tensor(other.weight), bias: other.bias.map { Tensor($0) }, stride: other.stride,
      padding: other.padding, dilation: other.dilation, groups: other.groups)
  }

  /// Visits `weight` and, if there is one, `bias`.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    visit("weight", &weight)
    bias?.visit(as: "bias", visit)
  }
}
