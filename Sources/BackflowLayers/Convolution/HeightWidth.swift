internal import BackflowKernels
internal import BackflowLinearAlgebra

/// A number for each axis of an image; a literal means both: `kernelSize: 3`.
public struct HeightWidth: Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// The number for the vertical axis.
  public let height: Int
  /// The number for the horizontal axis.
  public let width: Int

  /// A number for each axis.
  public init(height: Int, width: Int) { (self.height, self.width) = (height, width) }

  /// The same number for both axes.
  public init(_ both: Int) { self.init(height: both, width: both) }

  /// The same number for both axes.
  public init(integerLiteral both: Int) { self.init(both) }
}

extension HeightWidth {
  fileprivate var smaller: Int { min(height, width) }
}

/// Checks the settings of windows.
///
/// - Precondition: Kernel, stride and dilation are positive, the padding is not negative.
func requireWindows(
  kernel: HeightWidth, stride: HeightWidth, padding: HeightWidth, dilation: HeightWidth = 1,
  _ layer: String
) {
  require(
    kernel.smaller > 0 && stride.smaller > 0 && dilation.smaller > 0 && padding.smaller >= 0,
    "\(layer): kernel \(kernel), stride \(stride) and dilation \(dilation) must be positive, and"
      + " padding \(padding) not negative")
}

extension HeightWidth: CustomStringConvertible {
  /// [height, width]
  public var description: String { "[\(height), \(width)]" }
}

extension WindowGeometry {
  /// Windows over the last two axes of `input`.
  ///
  /// - Precondition: At least one window fits.
  init(
    over input: Shape, kernel: HeightWidth, stride: HeightWidth, padding: HeightWidth,
    dilation: HeightWidth, layer: String
  ) {
    require(input.rank == 4, "\(layer): input \(input) instead of [N, C, height, width]")
    require(input[2] > 0 && input[3] > 0, "\(layer): input \(input) has no pixels")
    self.init(
      height: Axis(
        extent: input[2], kernel: kernel.height, stride: stride.height, padding: padding.height,
        dilation: dilation.height),
      width: Axis(
        extent: input[3], kernel: kernel.width, stride: stride.width, padding: padding.width,
        dilation: dilation.width))
    require(
      height.outputs > 0 && width.outputs > 0,
      "\(layer): input \(input) with padding \(padding) is smaller than the kernel \(kernel) with"
        + " dilation \(dilation)")
  }

  /// The shape of the windows' results for the samples and channels of `input`.
  func outputShape(of input: Shape, channels: Int) -> Shape {
    [input[0], channels, height.outputs, width.outputs]
  }
}
