// A sum over many terms in one precision loses digits as it grows longer. BLAS does not bound that,
// so sums that are long are formed in parts, and what adding the parts up rounds away is kept
// beside them.

extension BLAS {
  /// Returns the largest number of terms in a call of gemv. OpenBLAS's kernel for long rows has
  /// several parallel sums; the one for long columns adds one row after another to the result.
  package static func longestVectorSum(transposed: Bool) -> Int { transposed ? 512 : 2048 }

  /// The largest number of terms of a sum that is formed in blocks of a few hundred.
  package static let longestSumOfBlocks = 16_384

  /// Returns the largest number of terms in each of the `m`·`n` sums in a call of gemm. Our kernel,
  /// and OpenBLAS's for large matrices, add blocks of a few hundred terms. OpenBLAS's kernel for
  /// small matrices, up to 10⁶ multiply-adds, has one running sum.
  static func longestMatrixSum(m: Int, n: Int, k: Int, packs: Bool) -> Int {
    let longest = longestSumOfBlocks
    let part = k / max(1, (k + longest - 1) / longest)
    return packs || m * n * part > 1_000_000 ? longest : 512
  }

  /// Divides `0..<count` into parts of about equal length, at most `longest`.
  static func parts(of count: Int, longest: Int) -> some Collection<Range<Int>> {
    let number = (count + longest - 1) / longest
    return (0..<number).lazy.map { count * $0 / number..<count * ($0 + 1) / number }
  }
}

/// A part [rows, columns] of a result, with a distance of `stride` elements between its rows, that
/// is a sum of several products: C ← βC + Σ products.
@unsafe struct LongSum<S: RealScalar> {
  /// Writes the product of the terms in `part` to the matrix at the pointer, with `beta` as in
  /// BLAS.
  typealias Product = (
    _ part: Range<Int>, _ beta: S, UnsafeMutablePointer<S>, _ stride: Int
  ) -> Void

  private let rows, columns: Int
  private let beta: S
  private let result: UnsafeMutablePointer<S>
  private let stride: Int

  init(rows: Int, columns: Int, beta: S, into result: UnsafeMutablePointer<S>, stride: Int) {
    unsafe (self.rows, self.columns, self.beta, self.stride) = (rows, columns, beta, stride)
    unsafe self.result = result
  }

  /// Computes the product of `count` terms, at most `longest` at a time. A short product is written
  /// directly to its destination.
  @inline(__always)
  func add(count: Int, longest: Int, _ product: Product) {
    if count <= longest {
      unsafe product(0..<count, beta, result, stride)
    } else {
      unsafe addParts(BLAS.parts(of: count, longest: longest), product)
    }
  }

  private func addParts(_ parts: some Collection<Range<Int>>, _ product: Product) {
    let (rows, columns, stride) = unsafe (self.rows, self.columns, self.stride)
    var rest = CompensatedSum<S>(count: rows * columns)
    var partial = Buffer<S>(uninitialized: rows * columns)
    let start = unsafe partial.uniqueBase()
    for part in parts {
      if part.lowerBound == 0 {
        unsafe product(part, beta, result, stride)
      } else {
        unsafe product(part, 0, start, columns)
        rest.add(partial)
      }
    }
    extendLifetime(partial)
    let sum = rest.rounded()
    for row in 0..<rows {
      let to = unsafe result + row * stride
      unsafe S._routines.vector.add(columns, to, sum.sharedBase + row * columns, to)
    }
    extendLifetime(sum)
  }
}
