import Backflow

/// The rows of a request: a JSON array with an object for each row, whose keys are the names of the
/// columns.
struct RequestRows: Decodable {
  private let rows: [[String: Value]]

  /// A value of a row; `null` is a missing one.
  private enum Value: Decodable {
    case number(Double)
    case text(String)
    case missing

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .missing
      } else if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        throw DecodingError.dataCorruptedError(
          in: container, debugDescription: "expected a finite number, a text or null")
      }
    }
  }

  /// The reason why rows are refused.
  struct Problem: Error {
    let description: String
  }

  init(from decoder: any Decoder) throws {
    rows = try decoder.singleValueContainer().decode([[String: Value]].self)
  }

  /// Returns the rows as the table that an encoder reads.
  func table(for encoder: TableEncoder<Float>) throws -> DataTable {
    let types = encoder.columnTypes
    let columns = encoder.numberColumns + encoder.textColumns
    guard !rows.isEmpty else { throw Problem(description: "there are no rows") }
    // A table in memory has columns whose names are known when the program is compiled. That of a
    // CSV file does not.
    var csv = columns.map(quoted).joined(separator: ",") + "\n"
    for (number, row) in rows.enumerated() {
      func refuse(_ problem: String) -> Problem {
        Problem(description: "row \(number): \(problem)")
      }
      if let extra = row.keys.sorted().first(where: { types[$0] == nil }) {
        throw refuse("there is no column \"\(extra)\", only \(columns.joined(separator: ", "))")
      }
      let fields = try columns.map { column in
        switch (row[column], types[column]) {
        case (nil, _): throw refuse("the column \"\(column)\" is missing")
        case (.missing, _): return ""
        case (.number(let value), .number):
          guard value.isFinite else { throw refuse("the number \"\(column)\" is not finite") }
          return "\(value)"
        case (.text(let value), .text):
          // Errors of the table have the number of a line, which is then that of the row.
          guard !value.contains(where: \.isNewline) else {
            throw refuse("the text \"\(column)\" has a line break")
          }
          return quoted(value)
        case (.number, _): throw refuse("expected a text in \"\(column)\", found a number")
        case (.text, _): throw refuse("expected a number in \"\(column)\", found a text")
        }
      }
      csv += fields.joined(separator: ",") + "\n"
    }
    return try DataTable(csvText: csv, CSVFormat(types: types))
  }

  /// Returns the problem of a table, with the number of the row.
  static func reason(_ error: any BackflowError) -> String {
    guard let error = error as? DataError else { return "\(error)" }
    // Line 1 has the names of the columns.
    let place = [error.line.map { "row \($0 - 2)" }, error.column.map { "\"\($0)\"" }]
    return (place.compactMap { $0 }.joined(separator: ", ") + ": " + error.problem)
  }

  private func quoted(_ text: String) -> String {
    "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}
