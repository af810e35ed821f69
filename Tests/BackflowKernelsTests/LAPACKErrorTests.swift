import BackflowKernels
import Testing

@Suite struct `A LAPACK error` {
  @Test func `describes itself in one sentence`() {
    let sentences: [(LAPACKError, String)] = [
      (
        .nonFiniteEntry(of: "matrix", row: 2, column: 7, value: .negativeInfinity),
        "The matrix has the entry −∞ at row 2, column 7 (counted from 0), "
          + "but a decomposition needs finite entries."
      ),
      (
        .overflow(routine: "geqrf"),
        "A result of geqrf exceeds the range of this precision; "
          + "scale the input down or use Double."
      ),
      (
        .noConvergence(routine: "geev", .eigenvalues(first: 3, total: 8)),
        "The iteration of geev did not converge: the first 3 of 8 eigenvalues were not found."
      ),
      (
        .noConvergence(routine: "syevd", .submatrix(first: 1, last: 4)),
        "The iteration of syevd did not converge: "
          + "the eigenvalues of rows 1 to 4 of the tridiagonal form were not found."
      ),
      (
        .singular(pivot: 4),
        "The matrix is exactly singular: pivot 4 (counted from 0) of its factor U is zero."
      ),
      (
        .notPositiveDefinite(order: 3),
        "The matrix is not positive definite: its leading 3×3 submatrix is not."
      ),
      (
        .illegalArgument(routine: "gesdd", position: 5),
        "The routine gesdd of LAPACK rejected argument 5, "
          + "which is an error in Backflow, not in the data."
      ),
      (.outOfMemory(routine: "gees"), "The workspace of gees could not be allocated."),
    ]
    for (error, sentence) in sentences { #expect(error.description == sentence) }
  }

  @Test func `comes from the sign and the value of info`() throws {
    let failure = LAPACKError.notPositiveDefinite(order: 2)
    try LAPACK.check(0, "potrf", positive: failure)
    #expect(throws: failure) { try LAPACK.check(2, "potrf", positive: failure) }
    #expect(throws: LAPACKError.illegalArgument(routine: "potrf", position: 4)) {
      try LAPACK.check(-4, "potrf", positive: failure)
    }
    for memory: Int32 in [-1010, -1011] {
      #expect(throws: LAPACKError.outOfMemory(routine: "potrf")) {
        try LAPACK.check(memory, "potrf", positive: failure)
      }
    }
  }

  @Test func `of syevd has the rows of the failure`() {
    // Rows 2 to 5, counted from 1, of a matrix of order 10.
    #expect(
      LAPACK.syevdFailure(2 * 11 + 5, order: 10, withVectors: true)
        == .noConvergence(routine: "syevd", .submatrix(first: 1, last: 4)))
    #expect(
      LAPACK.syevdFailure(3, order: 10, withVectors: true)
        == .noConvergence(routine: "syevd", .offDiagonals(3)))
    #expect(
      LAPACK.syevdFailure(12, order: 10, withVectors: false)
        == .noConvergence(routine: "syevd", .offDiagonals(12)))
  }
}
