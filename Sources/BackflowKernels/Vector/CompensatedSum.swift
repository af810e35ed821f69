/// A sum of arrays, and beside it what the additions round away.
package struct CompensatedSum<S: RealScalar>: Sendable {
  private var sum, error: Buffer<S>

  /// `count` zeros.
  package init(count: Int) {
    sum = Buffer(repeating: 0, count: count)
    error = Buffer(repeating: 0, count: count)
  }

  package var count: Int { sum.count }

  /// Adds to all elements.
  package mutating func add(_ terms: Buffer<S>) { add(terms, at: 0) }

  /// Adds another sum to the elements from `offset` on.
  mutating func add(_ other: CompensatedSum, at offset: Int) {
    add(other.sum, at: offset)
    add(other.error, at: offset)
  }

  private mutating func add(_ terms: Buffer<S>, at offset: Int) {
    require(
      offset >= 0 && offset + terms.count <= count, "\(terms.count) at \(offset) of \(count)")
    unsafe S._routines.vector.addWithError(
      terms.count, terms.sharedBase, sum.uniqueBase() + offset, error.uniqueBase() + offset)
    extendLifetime(terms)
  }

  /// The sum, rounded once.
  package func rounded() -> Buffer<S> {
    var result = Buffer<S>(uninitialized: count)
    VectorKernels.add(sum.span, error.span, into: result.mutableSpan)
    return result
  }
}
