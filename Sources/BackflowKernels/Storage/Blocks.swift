/// Copies between strided positions of two buffers.
package enum Blocks {
  /// Copies `count` runs of `length` elements. On each side, run `i` starts at `start + i·stride`.
  package static func copy<S: RealScalar>(
    count: Int, length: Int,
    from source: Span<S>, at sourceStart: Int, stride sourceStride: Int,
    into target: consuming MutableSpan<S>, at targetStart: Int, stride targetStride: Int
  ) {
    if count == 0 || length == 0 { return }
    let (sourceEnd, targetEnd) = (
      sourceStart + (count - 1) * sourceStride + length,
      targetStart + (count - 1) * targetStride + length
    )
    require(
      sourceStart >= 0 && targetStart >= 0 && sourceEnd <= source.count
        && targetEnd <= target.count,
      "copy of \(sourceStart)..<\(sourceEnd) of \(source.count) elements"
        + " to \(targetStart)..<\(targetEnd) of \(target.count)")
    guard let from = unsafe source.base, let to = unsafe target.base else { return }
    for run in 0..<count {
      unsafe (to + targetStart + run * targetStride).update(
        from: from + sourceStart + run * sourceStride, count: length)
    }
    extendLifetime(source)
    extendLifetime(target)
  }

  /// Fills `target`, row-major with `extents`, with the elements of `source` at multiples of the
  /// strides.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func copy<S: RealScalar>(
    _ source: Span<S>, extents: [Int], strides: [Int], into target: consuming MutableSpan<S>
  ) {
    if target.isEmpty { return }
    let innerExtent = extents.last ?? 1
    let innerStride = strides.last ?? 0
    var index = [Int](repeating: 0, count: max(0, extents.count - 1))
    var start = 0
    var position = 0
    while true {
      for inner in 0..<innerExtent {
        target[position] = source[start + inner * innerStride]
        position += 1
      }
      var axis = index.count - 1
      while axis >= 0 {
        index[axis] += 1
        start += strides[axis]
        if index[axis] < extents[axis] { break }
        start -= extents[axis] * strides[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
