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

    /// The number of windows that fit: ⌊(extent + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1.
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

  var inC: backflow_windows {
    backflow_windows(
      height: height.extent, width: width.extent, output_height: height.outputs,
      output_width: width.outputs, kernel_height: height.kernel, kernel_width: width.kernel,
      stride_height: height.stride, stride_width: width.stride, padding_height: height.padding,
      padding_width: width.padding, dilation_height: height.dilation,
      dilation_width: width.dilation)
  }
}

extension VectorKernels {
  /// columns[c, i, j, n, o, p] ← tap (i, j) of window (o, p) of channel c of sample n, 0 in padding
  package static func unfold<S: RealScalar>(
    _ x: Span<S>, samples: Int, channels: Int, _ windows: WindowGeometry,
    into columns: consuming MutableSpan<S>
  ) {
    requireCount(samples * channels * windows.plane, x.count)
    requireCount(samples * channels * windows.taps * windows.outputs, columns.count)
    unsafe moveWindows(
      x, samples, channels, windows, from: windows.plane,
      to: windows.taps * samples * windows.outputs, into: columns,
      S._routines.vector.feedForward.unfold)
  }

  /// x[c] of every sample ← Σ of the columns that `unfold` would have read there
  package static func fold<S: RealScalar>(
    _ columns: Span<S>, samples: Int, channels: Int, _ windows: WindowGeometry,
    into x: consuming MutableSpan<S>
  ) {
    requireCount(samples * channels * windows.plane, x.count)
    requireCount(samples * channels * windows.taps * windows.outputs, columns.count)
    unsafe moveWindows(
      columns, samples, channels, windows, from: windows.taps * samples * windows.outputs,
      to: windows.plane, into: x, S._routines.vector.feedForward.fold)
  }

  /// Channel by channel, which lie `from` and `to` elements apart, on all threads.
  private static func moveWindows<S: RealScalar>(
    _ x: Span<S>, _ samples: Int, _ channels: Int, _ windows: WindowGeometry, from: Int, to: Int,
    into y: consuming MutableSpan<S>, _ kernel: FeedForwardRoutines<S>.Unfold
  ) {
    let workOfChannel = samples * windows.taps * windows.outputs
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        guard let x = x.baseAddress, let y = y.baseAddress else { return }
        Threads.split(channels, grain: max(1, 200_000 / max(1, workOfChannel))) { part in
          var geometry = windows.inC
          unsafe kernel(
            samples, part.count, channels * windows.plane, &geometry, x + part.lowerBound * from,
            y + part.lowerBound * to)
        }
      }
    }
  }

  /// y ← the largest tap of each window, winners ← its place in the plane
  package static func maxPool<S: RealScalar>(
    _ x: Span<S>, planes: Int, _ windows: WindowGeometry, into y: consuming MutableSpan<S>,
    winners: consuming MutableSpan<Int32>
  ) {
    requireCount(planes * windows.plane, x.count)
    requireCount(planes * windows.outputs, y.count)
    requireCount(planes * windows.outputs, winners.count)
    require(windows.plane <= Int32.max, "a plane of \(windows.plane) elements is too large")
    var geometry = windows.inC
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe winners.withUnsafeMutableBufferPointer { winners in
          unsafe S._routines.vector.feedForward.maxPool(
            planes, &geometry, x.baseAddress, y.baseAddress, winners.baseAddress)
        }
      }
    }
  }

  /// dx ← dy at the winners, added up, else 0
  package static func maxPoolBackward<S: RealScalar>(
    _ dy: Span<S>, winners: Span<Int32>, planes: Int, _ windows: WindowGeometry,
    into dx: consuming MutableSpan<S>
  ) {
    requireCount(planes * windows.plane, dx.count)
    requireCount(planes * windows.outputs, dy.count)
    requireCount(planes * windows.outputs, winners.count)
    var geometry = windows.inC
    unsafe dy.withUnsafeBufferPointer { dy in
      unsafe winners.withUnsafeBufferPointer { winners in
        unsafe dx.withUnsafeMutableBufferPointer { dx in
          unsafe S._routines.vector.feedForward.maxPoolBackward(
            planes, &geometry, winners.baseAddress, dy.baseAddress, dx.baseAddress)
        }
      }
    }
  }

  /// y ← the mean of each window's taps, those in the padding counted as 0 or not counted
  package static func averagePool<S: RealScalar>(
    _ x: Span<S>, planes: Int, _ windows: WindowGeometry, countsPadding: Bool,
    into y: consuming MutableSpan<S>
  ) {
    requireCount(planes * windows.plane, x.count)
    requireCount(planes * windows.outputs, y.count)
    unsafe pool(
      x, planes, windows, countsPadding, into: y, S._routines.vector.feedForward.averagePool)
  }

  /// dx ← each window's dy divided among its taps, added up
  package static func averagePoolBackward<S: RealScalar>(
    _ dy: Span<S>, planes: Int, _ windows: WindowGeometry, countsPadding: Bool,
    into dx: consuming MutableSpan<S>
  ) {
    requireCount(planes * windows.plane, dx.count)
    requireCount(planes * windows.outputs, dy.count)
    unsafe pool(
      dy, planes, windows, countsPadding, into: dx,
      S._routines.vector.feedForward.averagePoolBackward)
  }

  private static func pool<S: RealScalar>(
    _ x: Span<S>, _ planes: Int, _ windows: WindowGeometry, _ countsPadding: Bool,
    into y: consuming MutableSpan<S>, _ kernel: FeedForwardRoutines<S>.AveragePool
  ) {
    var geometry = windows.inC
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe kernel(planes, &geometry, countsPadding ? 1 : 0, x.baseAddress, y.baseAddress)
      }
    }
  }
}
