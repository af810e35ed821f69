package import ComplexModule

extension LAPACK {
  /// Returns the eigenvalues of `a`, n × n. A conjugate pair is adjacent, the one with positive
  /// imaginary part first.
  package static func geev<S: RealScalar>(
    valuesOf a: Span<S>, order n: Int
  ) throws(LAPACKError) -> [Complex<S>] {
    n < leastMultishiftOrder
      ? try geev(plainValuesOf: a, order: n) : try multishiftEigenvalues(of: a, order: n)
  }

  /// Returns the same by one call of LAPACK, which is the fastest for small matrices and the
  /// reference in tests for large ones.
  package static func geev<S: RealScalar>(
    plainValuesOf a: Span<S>, order n: Int
  ) throws(LAPACKError) -> [Complex<S>] {
    try checkFinite(a, rows: n, columns: n)
    // The transpose would need no reordering, but rounding would displace sensitive eigenvalues
    // differently from the decomposition with eigenvectors.
    var matrix = ColumnMajor(rowMajor: a, rows: n, columns: n)
    var values = Buffer<S>(uninitialized: 2 * n)
    let none = CChar(ascii: "N")
    let parts = unsafe values.uniqueBase()
    let info = unsafe S._routines.lapack.geev(
      columnMajor, none, none, Int32(n), matrix.uniqueBase(), matrix.ld, parts, parts + n, nil, 1,
      nil, 1)
    extendLifetime(matrix)
    try check(info, "geev", positive: unconverged(info, n, "geev"))
    try checkResult(values.span, "geev")
    return pair(values)
  }

  /// Returns the eigenvalues of `a`, n × n, with the left and the right eigenvectors as the columns
  /// of row-major matrices, each with 2-norm 1: A·R = R·Λ, Lᴴ·A = Λ·Lᴴ.
  package static func geev<S: RealScalar>(
    _ a: Span<S>, order n: Int
  ) throws(LAPACKError) -> (values: [Complex<S>], left: [Complex<S>], right: [Complex<S>]) {
    try checkFinite(a, rows: n, columns: n)
    var matrix = ColumnMajor(rowMajor: a, rows: n, columns: n)
    var values = Buffer<S>(uninitialized: 2 * n)
    var left = ColumnMajor<S>(uninitialized: n, n)
    var right = ColumnMajor<S>(uninitialized: n, n)
    let vectors = CChar(ascii: "V")
    let parts = unsafe values.uniqueBase()
    let info = unsafe S._routines.lapack.geev(
      columnMajor, vectors, vectors, Int32(n), matrix.uniqueBase(), matrix.ld, parts, parts + n,
      left.uniqueBase(), left.ld, right.uniqueBase(), right.ld)
    extendLifetime(matrix)
    try check(info, "geev", positive: unconverged(info, n, "geev"))
    try checkResult(values.span, "geev")
    return (pair(values), unpack(left, values: values), unpack(right, values: values))
  }

  /// Returns the failure for a positive `info` of the QR iteration: the eigenvalues after it have
  /// converged.
  static func unconverged(_ info: Int32, _ n: Int, _ routine: String) -> LAPACKError {
    .noConvergence(routine: routine, .eigenvalues(first: Int(info), total: n))
  }

  /// Returns n complex numbers from n real parts and n imaginary parts.
  static func pair<S: RealScalar>(_ parts: Buffer<S>) -> [Complex<S>] {
    let n = parts.count / 2
    return (0..<n).map { Complex(parts.span[$0], parts.span[n + $0]) }
  }

  /// Returns LAPACK's real representation of eigenvectors as a complex row-major matrix.
  ///
  /// A conjugate pair of eigenvalues is at j and j + 1, the one with positive imaginary part first.
  /// Columns j and j + 1 contain the real and the imaginary part of its vector, and the vector of
  /// the other is the conjugate.
  @specialized(where S == Float)
  @specialized(where S == Double)
  static func unpack<S: RealScalar>(
    _ vectors: ColumnMajor<S>, values: Buffer<S>
  ) -> [Complex<S>] {
    let n = vectors.columns
    let imaginary = values.span.extracting(n..<(2 * n))
    var result = [Complex<S>](repeating: .zero, count: n * n)
    var elements = result.mutableSpan
    var column = 0
    while column < n {
      let isPair = imaginary[column] != 0
      for row in 0..<n {
        let real = vectors[row, column]
        if isPair {
          let imaginary = vectors[row, column + 1]
          elements[row * n + column] = Complex(real, imaginary)
          elements[row * n + column + 1] = Complex(real, -imaginary)
        } else {
          elements[row * n + column] = Complex(real)
        }
      }
      column += isPair ? 2 : 1
    }
    return result
  }
}
