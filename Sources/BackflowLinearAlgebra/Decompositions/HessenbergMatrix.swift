internal import BackflowKernels
internal import ComplexModule

/// The small matrix H of an Arnoldi factorization, with elements in double precision.
struct HessenbergMatrix {
  let order: Int
  /// Row-major.
  private var elements: [Double]

  /// Creates the matrix from its columns, of which the last element of each is below the diagonal.
  init(columns: [[Double]]) {
    order = columns.count
    elements = [Double](repeating: 0, count: order * order)
    for (index, column) in columns.enumerated() {
      for row in 0..<min(column.count, order) { elements[row * order + index] = column[row] }
    }
  }

  /// Returns the eigenvalues with nonnegative imaginary part, in descending order of modulus.
  func eigenvalues() throws(LAPACKError) -> [Complex<Double>] {
    try LAPACK.hqr(valuesOfHessenberg: elements.span, order: order)
      .filter { $0.imaginary >= 0 }.sorted { $0.lengthSquared > $1.lengthSquared }
  }

  /// Returns the eigenvector of norm 1 for a computed eigenvalue, by two steps of inverse iteration
  /// (Golub and Van Loan, "Matrix Computations", section 7.6.1).
  func eigenvector(for value: Complex<Double>) -> [Complex<Double>] {
    let factors = ShiftedFactors(elements, order: order, shift: value)
    var vector = [Complex<Double>](repeating: Complex(1), count: order)
    factors.solveUpper(&vector)
    factors.solve(&vector)
    return vector
  }

  /// Returns the eigenvalue that Rayleigh quotients reach from `estimate`, and its eigenvector.
  func eigenpair(near estimate: Complex<Double>) -> (Complex<Double>, [Complex<Double>]) {
    var value = estimate
    var vector = eigenvector(for: value)
    for _ in 0..<3 {
      let next = rayleighQuotient(vector)
      let isFinal = (next - value).length <= 0x1p-48 * next.length
      value = next
      if isFinal { break }
      vector = eigenvector(for: value)
    }
    return (value, vector)
  }

  /// Returns yᴴ·H·y for a vector of norm 1.
  private func rayleighQuotient(_ y: [Complex<Double>]) -> Complex<Double> {
    var sum = Complex<Double>.zero
    for row in 0..<order {
      var image = Complex<Double>.zero
      for column in max(row - 1, 0)..<order {
        image += y[column].multiplied(by: elements[row * order + column])
      }
      sum += y[row].conjugate * image
    }
    return sum
  }
}

/// The factors of H − θI with row exchanges.
///
/// LAPACK's `hsein` gives up unless the shift is an eigenvalue up to rounding. Those of
/// `eigenpair(near:)` come from an iteration in single precision.
private struct ShiftedFactors {
  private let order: Int
  /// The upper triangular factor, row-major.
  private var upper: [Complex<Double>]
  private var multipliers: [Complex<Double>] = []
  private var exchanges: [Bool] = []

  init(_ elements: [Double], order n: Int, shift: Complex<Double>) {
    order = n
    upper = elements.map { Complex($0) }
    var norm = 0.0
    for element in elements { norm += element * element }
    // In place of a pivot that is zero, as the shift is an eigenvalue.
    let least = max(Double.ulpOfOne * norm.squareRoot(), .leastNormalMagnitude)
    for row in 0..<n { upper[row * n + row] -= shift }
    for column in 0..<max(n - 1, 0) {
      let (here, below) = (column * n, (column + 1) * n)
      let isExchanged = upper[here + column].lengthSquared < upper[below + column].lengthSquared
      if isExchanged {
        for place in column..<n { upper.swapAt(here + place, below + place) }
      }
      if upper[here + column].length < least { upper[here + column] = Complex(least) }
      let factor = upper[below + column] / upper[here + column]
      exchanges.append(isExchanged)
      multipliers.append(factor)
      for place in column + 1..<n { upper[below + place] -= factor * upper[here + place] }
    }
    if n > 0, upper[n * n - 1].length < least { upper[n * n - 1] = Complex(least) }
  }

  /// Solves for the unit vector in the direction of the solution.
  func solve(_ x: inout [Complex<Double>]) {
    for row in 0..<max(order - 1, 0) {
      if exchanges[row] { x.swapAt(row, row + 1) }
      x[row + 1] -= multipliers[row] * x[row]
    }
    solveUpper(&x)
  }

  /// Solves with the upper triangular factor and divides by the norm.
  func solveUpper(_ x: inout [Complex<Double>]) {
    for row in (0..<order).reversed() {
      var sum = x[row]
      for column in row + 1..<order { sum -= upper[row * order + column] * x[column] }
      x[row] = sum / upper[row * order + row]
      // The solution grows to the size of the inverse of the smallest pivot, more than once.
      if x[row].lengthSquared > 0x1p200 {
        for place in row..<order { x[place] = x[place].multiplied(by: 0x1p-200) }
        for place in 0..<row { x[place] = x[place].multiplied(by: 0x1p-200) }
      }
    }
    let norm = x.reduce(0) { $0 + $1.lengthSquared }.squareRoot()
    x = x.map { $0.divided(by: norm) }
  }
}
