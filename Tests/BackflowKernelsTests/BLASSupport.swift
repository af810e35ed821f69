import BackflowKernels
import TestSupport

/// op(A)·op(B) of m × k and k × n by definition, summed in double precision.
func naiveProduct<S: RealScalar>(
  m: Int, n: Int, k: Int, _ a: [S], transposed aTransposed: Bool = false,
  _ b: [S], transposed bTransposed: Bool = false
) -> [Double] {
  let (a, b) = (a.map { Double($0) }, b.map { Double($0) })
  return (0..<m * n).map { place in
    let (row, column) = (place / n, place % n)
    var sum = 0.0
    for p in 0..<k {
      let left = aTransposed ? a[p * m + row] : a[row * k + p]
      sum += left * (bTransposed ? b[column * k + p] : b[p * n + column])
    }
    return sum
  }
}

/// The transpose of a matrix stored as `rows` × `columns`.
func transposed<S>(_ matrix: [S], rows: Int, columns: Int) -> [S] {
  (0..<rows * columns).map { matrix[$0 % rows * columns + $0 / rows] }
}

/// The elements in double precision, so that checking adds no error.
func numbers<S: RealScalar>(_ elements: [S]) -> [Double] { elements.map { Double($0) } }

func numbers<S: RealScalar>(_ buffer: Buffer<S>) -> [Double] { numbers(buffer.elements) }
