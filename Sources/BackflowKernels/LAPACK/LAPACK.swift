internal import CLAPACKE

/// The decompositions of LAPACK on row-major, contiguous spans.
///
/// Each function in this folder checks the sizes (an error is a failed precondition), checks that
/// the input is finite, copies it to a `ColumnMajor` matrix, calls LAPACK, and converts `info` to
/// an error or the matrix to row-major results.
package enum LAPACK {
  /// The layout of all matrices.
  static let columnMajor = Int32(LAPACK_COL_MAJOR)

  /// Throws an error if an entry is not finite.
  ///
  /// LAPACK does not check this: for an infinite entry, `dgeev` returns NaN eigenvalues and reports
  /// success.
  static func checkFinite<S: RealScalar>(
    _ a: Span<S>, rows: Int, columns: Int, name: String = "matrix", triangleOnly: Bool = false
  ) throws(LAPACKError) {
    require(
      a.count == rows * columns,
      "the \(name) has \(rows)×\(columns) entries, but \(a.count) elements")
    if !triangleOnly && VectorKernels.nonfiniteCount(a) == 0 { return }
    for row in 0..<rows {
      let start = row * columns
      let line = a.extracting(start..<(start + (triangleOnly ? row + 1 : columns)))
      if VectorKernels.nonfiniteCount(line) == 0 { continue }
      for column in line.indices where !line[column].isFinite {
        throw .nonFiniteEntry(
          of: name, row: row, column: column, value: .init(line[column]))
      }
    }
  }

  /// Throws an error if a result is not finite.
  static func checkResult<S: RealScalar>(
    _ results: Span<S>, _ routine: String
  ) throws(LAPACKError) {
    if VectorKernels.nonfiniteCount(results) != 0 { throw .overflow(routine: routine) }
  }

  /// Throws the error for `info`. `failure` is the meaning of a positive value for this routine.
  package static func check(
    _ info: Int32, _ routine: String, positive failure: @autoclosure () -> LAPACKError
  ) throws(LAPACKError) {
    switch info {
    case 0: return
    case Int32(LAPACK_WORK_MEMORY_ERROR), Int32(LAPACK_TRANSPOSE_MEMORY_ERROR):
      throw .outOfMemory(routine: routine)
    case ..<0: throw .illegalArgument(routine: routine, position: -Int(info))
    default: throw failure()
    }
  }

  /// Throws the error for `info`, for a routine that never returns a positive value.
  static func check(_ info: Int32, _ routine: String) throws(LAPACKError) {
    require(info <= 0, "\(routine) returned \(info), which LAPACK does not document")
    try check(info, routine, positive: .overflow(routine: routine))
  }
}
