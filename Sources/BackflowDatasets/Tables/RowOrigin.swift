/// Where the rows of a table come from.
struct RowOrigin: Sendable {
  /// The path of the file, if there is one.
  let file: String?
  /// The lines of the rows of the file, or `nil` if there is no file.
  let lines: LineNumbers?
  /// The row of the file of each row of the table, or `nil` if these are the same.
  private var selection: [Int]?

  init(file: String?, lines: LineNumbers?) { (self.file, self.lines) = (file, lines) }

  /// Returns an error about a value.
  func error(row: Int, column: String?, _ problem: String) -> DataError {
    let original = selection.map { $0[row] } ?? row
    if let lines {
      return DataError(file, line: lines.line(of: original), column: column, problem)
    }
    return DataError(file, column: column, "row \(original): " + problem)
  }

  func rows(at indices: [Int]) -> RowOrigin {
    var result = self
    result.selection = indices.map { index in selection.map { $0[index] } ?? index }
    return result
  }
}

/// The lines on which the rows of a file begin. A run of rows with one line each takes one entry.
struct LineNumbers: Sendable {
  /// The first row and the first line of each run.
  private var runs: [(row: Int, line: Int)] = []

  /// Notes the line of the next row.
  @inline(__always)
  mutating func append(_ line: Int, row: Int) {
    if let last = runs.last, last.line - last.row == line - row { return }
    runs.append((row, line))
  }

  /// Returns the line of a row that was noted.
  func line(of row: Int) -> Int {
    var (low, high) = (0, runs.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if runs[middle].row <= row { low = middle } else { high = middle }
    }
    return runs.isEmpty ? row : runs[low].line + row - runs[low].row
  }
}
