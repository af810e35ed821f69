package import ComplexModule

extension LAPACK {
  /// The eigenvalues of `a`, n × n, how sensitive each is, and the norm of what was decomposed.
  ///
  /// `geevx` decomposes B = D⁻¹·A·D, where the diagonal D (and a permutation) balances rows and columns, as
  /// `geev` does. To first order a perturbation E of B moves λ_i by at most ‖E‖₂/s_i, where s_i is the cosine of
  /// the angle between the left and the right eigenvector (Golub and Van Loan, "Matrix Computations", section
  /// 7.2.2); the conditions are 1/s_i: 1 for a normal matrix, infinite at a defective eigenvalue.
  package static func geevx<S: RealScalar>(
    valuesOf a: Span<S>, order n: Int
  ) throws(LAPACKError) -> (values: [Complex<S>], conditions: [S], balancedNorm: S) {
    try checkFinite(a, rows: n, columns: n)
    var matrix = ColumnMajor(rowMajor: a, rows: n, columns: n)
    var values = Buffer<S>(uninitialized: 2 * n)
    var left = ColumnMajor<S>(uninitialized: n, n)
    var right = ColumnMajor<S>(uninitialized: n, n)
    var scale = Buffer<S>(uninitialized: n)
    var cosines = Buffer<S>(uninitialized: n)
    let (balanced, vectors, ofEigenvalues) = (
      CChar(ascii: "B"), CChar(ascii: "V"), CChar(ascii: "E")
    )
    var (low, high, oneNorm): (Int32, Int32, S) = (0, 0, 0)
    let info = unsafe matrix.withPointer { a, lda in
      unsafe values.withPointer { values in
        unsafe left.withPointer { left, ldl in
          unsafe right.withPointer { right, ldr in
            unsafe scale.withPointer { scale in
              unsafe cosines.withPointer { cosines in
                unsafe S._routines.lapack.geevx(
                  columnMajor, balanced, vectors, vectors, ofEigenvalues, Int32(n), a, lda, values,
                  values.map { unsafe $0 + n }, left, ldl, right, ldr, &low, &high, scale,
                  &oneNorm, cosines, nil)
              }
            }
          }
        }
      }
    }
    try check(info, "geevx", positive: unconverged(info, n, "geevx"))
    try checkResult(values.span, "geevx")
    // What is left of the matrix is its Schur form, of the same norm.
    return (pair(values), cosines.elements.map { 1 / $0 }, BLAS.nrm2(matrix.rowMajor().span))
  }
}
