internal import CVectorKernels

extension VectorKernels {
  /// columns[c, i, j, n, o, p] = tap (i, j) of window (o, p) of channel c of sample n, 0 in the
  /// padding.
  package static func unfold<S: RealScalar>(
    _ x: Span<S>, samples: Int, channels: Int, _ windows: WindowGeometry,
    into columns: consuming MutableSpan<S>
  ) {
    requireShape("unfold: x", x.count, samples, channels, windows.plane)
    requireShape("unfold: columns", columns.count, samples, channels, windows.columns)
    unsafe moveWindows(
      x, samples, channels, windows, from: windows.plane, to: samples * windows.columns,
      into: columns, S._routines.vector.unfold)
  }

  /// The transpose of `unfold`: x[n, c] = Σ of the columns that `unfold` reads there.
  package static func fold<S: RealScalar>(
    _ columns: Span<S>, samples: Int, channels: Int, _ windows: WindowGeometry,
    into x: consuming MutableSpan<S>
  ) {
    requireShape("fold: x", x.count, samples, channels, windows.plane)
    requireShape("fold: columns", columns.count, samples, channels, windows.columns)
    unsafe moveWindows(
      columns, samples, channels, windows, from: samples * windows.columns, to: windows.plane,
      into: x, S._routines.vector.fold)
  }

  /// Runs a kernel on all threads, each with its own channels, which start `from` and `to` elements
  /// apart.
  private static func moveWindows<S: RealScalar>(
    _ x: Span<S>, _ samples: Int, _ channels: Int, _ windows: WindowGeometry, from: Int, to: Int,
    into y: consuming MutableSpan<S>,
    _ kernel: (
      Int, Int, Int, UnsafePointer<backflow_windows>?, UnsafePointer<S>?, UnsafeMutablePointer<S>?
    ) -> Void
  ) {
    guard let source = unsafe x.base, let target = unsafe y.base else { return }
    let grain = max(1, 200_000 / max(1, samples * windows.columns))
    Threads.split(channels, grain: grain) { part in
      var geometry = windows.inC
      unsafe kernel(
        samples, part.count, channels * windows.plane, &geometry,
        source + part.lowerBound * from, target + part.lowerBound * to)
    }
    extendLifetime(x)
    extendLifetime(y)
  }

  /// y = the largest tap of each window, winners = its index in the plane.
  package static func maxPool<S: RealScalar>(
    _ x: Span<S>, planes: Int, _ windows: WindowGeometry, into y: consuming MutableSpan<S>,
    winners: consuming MutableSpan<Int32>
  ) {
    require(
      windows.plane <= Int32.max,
      "a plane of \(windows.plane) elements has more than \(Int32.max)")
    maxPool(x, planes: planes, windows, y: y, winner: winners)
  }
}
