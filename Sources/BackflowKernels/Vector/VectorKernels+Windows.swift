internal import CVectorKernels

extension VectorKernels {
  /// The transpose of unfolding: x[n, c] = Σ of columns[c, i, j, n, o, p] over the taps (i, j) of
  /// the windows (o, p) that read the element.
  package static func fold<S: RealScalar>(
    _ columns: Span<S>, samples: Int, channels: Int, _ windows: WindowGeometry,
    into x: consuming MutableSpan<S>
  ) {
    requireShape("fold: x", x.count, samples, channels, windows.plane)
    requireShape("fold: columns", columns.count, samples, channels, windows.columns)
    guard let source = unsafe columns.base, let target = unsafe x.base else { return }
    let grain = max(1, 200_000 / max(1, samples * windows.columns))
    Threads.split(channels, grain: grain) { part in
      var geometry = windows.inC
      unsafe S._routines.vector.fold(
        samples, part.count, channels * windows.plane, &geometry,
        source + part.lowerBound * samples * windows.columns,
        target + part.lowerBound * windows.plane)
    }
    extendLifetime(columns)
    extendLifetime(x)
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
