/// Rows of texts in aligned columns, the first row being the header.
struct TextTable {
  private let rows: [[String]]
  private let leftAlignedCount: Int
  private let indent: String

  /// A longer text in the first column is on a line of its own, so that it does not widen the
  /// column.
  private static let maximumFirstWidth = 36

  /// - Parameter leftAligned: The number of columns that are aligned at the left. All others are
  ///   aligned at the right.
  init(_ rows: [[String]], leftAligned: Int, indent: Int = 2) {
    (self.rows, leftAlignedCount) = (rows, leftAligned)
    self.indent = String(repeating: " ", count: indent)
  }

  /// The lines, without blanks at their ends.
  var lines: [String] {
    let widths = (rows.first ?? []).indices.map { column in
      rows.map { $0[column].count }.filter { column > 0 || $0 <= TextTable.maximumFirstWidth }.max()
        ?? 0
    }
    return rows.flatMap { row in
      if row[0].count <= widths[0] { return [line(row, widths)] }
      return [indent + row[0], line([""] + row.dropFirst(), widths)]
    }
  }

  private func line(_ row: [String], _ widths: [Int]) -> String {
    let cells = row.enumerated().map { column, text in
      let blanks = String(repeating: " ", count: widths[column] - text.count)
      return column < leftAlignedCount ? text + blanks : blanks + text
    }
    var line = indent + cells.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }
}
