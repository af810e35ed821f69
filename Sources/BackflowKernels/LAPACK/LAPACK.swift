internal import CLAPACKE

/// The decompositions of LAPACK on row-major, contiguous spans.
///
/// Every function of this folder does the same five things: check the sizes (a wrong one is a
/// programmer's error and stops), check that the input is finite, copy it into a `ColumnMajor`
/// scratch matrix, call, and turn `info` into an error or the scratch into row-major results.
package enum LAPACK {
  static let columnMajor = Int32(LAPACK_COL_MAJOR)

  /// Throws unless every entry is finite.
  ///
  /// LAPACK does not check: for an infinite entry, `dgeev` returns NaN eigenvalues and success.
  static func checkFinite<S: RealScalar>(
    _ a: Span<S>, rows: Int, columns: Int, name: String = "matrix", triangleOnly: Bool = false
  ) throws(LAPACKError) {
    require(
      a.count == rows * columns, "\(rows)×\(columns) entries of the \(name), \(a.count) elements")
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

  /// Throws unless every result is finite.
  static func checkResult<S: RealScalar>(
    _ results: Span<S>, _ routine: String
  ) throws(LAPACKError) {
    if VectorKernels.nonfiniteCount(results) != 0 { throw .overflow(routine: routine) }
  }

  /// Throws the error that `info` means; `failure` is the meaning of a positive `info` for this
  /// routine.
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

  /// Throws the error that `info` means, for a routine that returns no positive `info`.
  static func check(_ info: Int32, _ routine: String) throws(LAPACKError) {
    require(info <= 0, "\(routine) returned \(info), which LAPACK does not document")
    try check(info, routine, positive: .overflow(routine: routine))
  }
}
