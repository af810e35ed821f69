package import ComplexModule

extension LAPACK {
  /// Returns the eigenvalues of `a`, n × n, with their condition numbers and its Schur form T,
  /// row-major, or `nil` if the matrix is so unbalanced that rows and columns should be scaled
  /// first.
  ///
  /// An orthogonal similarity keeps the angles between eigenvectors, so that the condition numbers
  /// 1/s_i are those of T (see `geevx`), whose eigenvectors are those of a triangular matrix.
  /// Without the orthogonal factor, this takes about half the time of `geevx`.
  package static func schurConditions<S: RealScalar>(
    of a: Span<S>, order n: Int
  ) throws(LAPACKError) -> (values: [Complex<S>], conditions: [S], schurForm: Buffer<S>)? {
    try checkFinite(a, rows: n, columns: n)
    var matrix = ColumnMajor(rowMajor: a, rows: n, columns: n)
    guard try isNearlyBalanced(matrix) else { return nil }
    let (low, high, _) = try balance(&matrix, "P")
    var reflectors = Buffer<S>(uninitialized: max(1, n - 1))
    var info = unsafe S._routines.lapack.gehrd(
      columnMajor, Int32(n), low, high, matrix.uniqueBase(), matrix.ld, reflectors.uniqueBase())
    try check(info, "gehrd")
    var values = Buffer<S>(uninitialized: 2 * n)
    let parts = unsafe values.uniqueBase()
    info = unsafe S._routines.lapack.hseqr(
      columnMajor, CChar(ascii: "S"), CChar(ascii: "N"), Int32(n), low, high, matrix.uniqueBase(),
      matrix.ld, parts, parts + n, nil, 1)
    try check(info, "hseqr", positive: unconverged(info, n, "hseqr"))
    try checkResult(values.span, "hseqr")
    let form = matrix.rowMajor()
    try checkResult(form.span, "hseqr")
    // The outputs must not contain a NaN, for which LAPACKE checks them.
    var (left, right) = (matrix, matrix)
    var count: Int32 = 0
    info = unsafe S._routines.lapack.trevc(
      columnMajor, CChar(ascii: "B"), CChar(ascii: "A"), nil, Int32(n), matrix.uniqueBase(),
      matrix.ld, left.uniqueBase(), left.ld, right.uniqueBase(), right.ld, Int32(n), &count)
    try check(info, "trevc")
    return (pair(values), inverseCosines(left, right, values: values), form)
  }

  /// Whether the factors by which balancing scales rows and columns are within 1/16 and 16, so that
  /// the errors of a decomposition without it are hardly larger.
  private static func isNearlyBalanced<S: RealScalar>(
    _ matrix: ColumnMajor<S>
  ) throws(LAPACKError) -> Bool {
    var copy = matrix
    let (low, high, scale) = try balance(&copy, "B")
    return (Int(low) - 1..<Int(high)).allSatisfy { (1 / 16...16).contains(scale.span[$0]) }
  }

  /// Scales or permutes a matrix. Returns the range of its rows, counted from 1, that are not yet
  /// triangular, and the factors.
  static func balance<S: RealScalar>(
    _ matrix: inout ColumnMajor<S>, _ job: Unicode.Scalar
  ) throws(LAPACKError) -> (low: Int32, high: Int32, scale: Buffer<S>) {
    let n = matrix.rows
    var scale = Buffer<S>(uninitialized: n)
    var (low, high): (Int32, Int32) = (1, Int32(n))
    let info = unsafe S._routines.lapack.gebal(
      columnMajor, CChar(ascii: job), Int32(n), matrix.uniqueBase(), matrix.ld, &low, &high,
      scale.uniqueBase())
    try check(info, "gebal")
    return (low, high, scale)
  }

  /// Returns |l_j|·|r_j|/|l_jᴴ r_j| for the columns of two matrices in LAPACK's real representation
  /// of eigenvectors; see `unpack`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private static func inverseCosines<S: RealScalar>(
    _ left: ColumnMajor<S>, _ right: ColumnMajor<S>, values: Buffer<S>
  ) -> [S] {
    let n = left.columns
    func product(_ a: ColumnMajor<S>, _ i: Int, _ b: ColumnMajor<S>, _ j: Int) -> S {
      var sum: S = 0
      for row in 0..<n { sum += a[row, i] * b[row, j] }
      return sum
    }
    var result: [S] = []
    while result.count < n {
      let (j, k) = (result.count, result.count + 1)
      if values.span[n + j] == 0 {
        let lengths =
          product(left, j, left, j).squareRoot() * product(right, j, right, j).squareRoot()
        result.append(lengths / product(left, j, right, j).magnitude)
      } else {
        let cosine = Complex(
          product(left, j, right, j) + product(left, k, right, k),
          product(left, j, right, k) - product(left, k, right, j))
        let lengths =
          (product(left, j, left, j) + product(left, k, left, k)).squareRoot()
          * (product(right, j, right, j) + product(right, k, right, k)).squareRoot()
        result += [lengths / cosine.length, lengths / cosine.length]
      }
    }
    return result
  }
}
