/// The loops over elements, behind span signatures. What each computes stands in
/// `CVectorKernels.h`; the sizes are checked here, once.
package enum VectorKernels {
  // The four forms every file of this folder is written in.

  /// y ← f(x)
  static func map<S: RealScalar>(
    _ x: Span<S>, into y: consuming MutableSpan<S>, _ kernel: VectorRoutines<S>.Unary
  ) {
    requireCount(x.count, y.count)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe kernel(x.count, x.baseAddress, y.baseAddress)
      }
    }
  }

  /// y ← f(y)
  static func update<S: RealScalar>(
    _ y: consuming MutableSpan<S>, _ kernel: VectorRoutines<S>.Unary
  ) {
    unsafe y.withUnsafeMutableBufferPointer { y in
      unsafe kernel(y.count, UnsafePointer(y.baseAddress), y.baseAddress)
    }
  }

  /// y ← f(a, b)
  static func combine<S: RealScalar>(
    _ a: Span<S>, _ b: Span<S>, into y: consuming MutableSpan<S>,
    _ kernel: VectorRoutines<S>.Binary
  ) {
    requireCount(a.count, b.count)
    requireCount(a.count, y.count)
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe y.withUnsafeMutableBufferPointer { y in
          unsafe kernel(a.count, a.baseAddress, b.baseAddress, y.baseAddress)
        }
      }
    }
  }

  /// f(x)
  static func reduce<S: RealScalar, Result>(
    _ x: Span<S>, _ kernel: (Int, UnsafePointer<S>?) -> Result
  ) -> Result {
    unsafe x.withUnsafeBufferPointer { x in unsafe kernel(x.count, x.baseAddress) }
  }

  static func requireCount(_ expected: Int, _ actual: Int) {
    require(expected == actual, "\(expected) elements against \(actual)")
  }
}
