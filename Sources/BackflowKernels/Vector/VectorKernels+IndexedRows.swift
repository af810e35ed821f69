extension VectorKernels {
  /// y[i] = x[indices[i]], for rows of `columns` elements.
  package static func indexSelect<S: RealScalar>(
    _ x: Span<S>, _ indices: [Int], columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireShape("indexSelect: y", y.count, indices.count, columns)
    requireIndices(indices, below: columns == 0 ? Int.max : x.count / columns, "index", of: "rows")
    let (source, target) = unsafe (x.base, y.base)
    // Int has 64 bits on every platform that the package supports.
    unsafe indices.withUnsafeBufferPointer { indices in
      unsafe indices.withMemoryRebound(to: Int64.self) { index in
        unsafe S._routines.vector.indexSelect(
          index.count, columns, index.baseAddress, source, target)
      }
    }
    extendLifetime(x)
    extendLifetime(y)
  }

  /// y[indices[i]] += x[i], for rows of `columns` elements. The error does not grow with the number
  /// of rows that have the same index.
  package static func indexAdd<S: RealScalar>(
    _ x: Span<S>, _ indices: [Int], columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireShape("indexAdd: x", x.count, indices.count, columns)
    if columns == 0 { return }
    requireIndices(indices, below: y.count / columns, "index", of: "rows")
    let groups = RowGroups(indices, among: y.count / columns)
    unsafe S._routines.vector.indexAdd(
      groups.targets.count, columns, groups.targets, groups.first, groups.sources, x.base, y.base)
    extendLifetime(x)
    extendLifetime(y)
  }

  /// y[r] = x[r, indices[r]]
  package static func gather<S: RealScalar>(
    _ x: Span<S>, _ indices: [Int], columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireIndices(indices, below: columns, "index", of: "columns")
    let index = indices.map { Int64($0) }
    gather(x, index.span, columns: columns, into: y)
  }

  /// y[r, indices[r]] = values[r], and 0 elsewhere.
  package static func scatter<S: RealScalar>(
    _ values: Span<S>, _ indices: [Int], columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireIndices(indices, below: columns, "index", of: "columns")
    let index = indices.map { Int64($0) }
    scatter(values, index.span, columns: columns, into: y)
  }
}

/// The places of a list of indices, grouped by index (a counting sort, stable).
private struct RowGroups {
  /// The distinct indices, in ascending order.
  private(set) var targets: [Int64] = []
  /// Where the places of each distinct index start in `sources`, and the end.
  private(set) var first: [Int64] = []
  /// The places in the list, those of one index together.
  private(set) var sources: [Int64]

  init(_ indices: [Int], among rows: Int) {
    var next = [Int](repeating: 0, count: rows)
    for index in indices { next[index] += 1 }
    targets.reserveCapacity(min(rows, indices.count))
    first.reserveCapacity(min(rows, indices.count) + 1)
    var start = 0
    for row in next.indices where next[row] > 0 {
      targets.append(Int64(row))
      first.append(Int64(start))
      (next[row], start) = (start, start + next[row])
    }
    first.append(Int64(start))
    sources = [Int64](repeating: 0, count: indices.count)
    for (place, index) in indices.enumerated() {
      sources[next[index]] = Int64(place)
      next[index] += 1
    }
  }
}
