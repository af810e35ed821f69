internal import CVectorKernels

/// How windows move over a plane; `backflow_windows` in Swift.
package struct WindowGeometry: Sendable {
  /// One axis: the extent of the plane, and the window's size, step, padding and dilation along it.
  package struct Axis: Sendable {
    package let extent, kernel, stride, padding, dilation: Int

    package init(extent: Int, kernel: Int, stride: Int, padding: Int, dilation: Int) {
      (self.extent, self.kernel, self.stride) = (extent, kernel, stride)
      (self.padding, self.dilation) = (padding, dilation)
    }

    /// The number of windows that fit: ⌊(extent + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ +
    /// 1.
    package var outputs: Int {
      let room = extent + 2 * padding - dilation * (kernel - 1) - 1
      return room < 0 ? 0 : room / stride + 1
    }
  }

  package let height, width: Axis

  package init(height: Axis, width: Axis) {
    for axis in [height, width] {
      require(
        axis.extent >= 0 && axis.kernel > 0 && axis.stride > 0 && axis.padding >= 0
          && axis.dilation > 0,
        "windows need a positive kernel, stride and dilation and no negative padding, not \(axis)")
    }
    (self.height, self.width) = (height, width)
  }

  package var plane: Int { height.extent * width.extent }
  package var outputs: Int { height.outputs * width.outputs }
  package var taps: Int { height.kernel * width.kernel }
  /// The number of elements of the columns of a plane.
  var columns: Int { taps * outputs }

  var inC: backflow_windows {
    backflow_windows(
      height: height.extent, width: width.extent, output_height: height.outputs,
      output_width: width.outputs, kernel_height: height.kernel, kernel_width: width.kernel,
      stride_height: height.stride, stride_width: width.stride, padding_height: height.padding,
      padding_width: width.padding, dilation_height: height.dilation,
      dilation_width: width.dilation)
  }
}
