public import BackflowKernels
public import BackflowLinearAlgebra

/// Columns of numbers and texts with names, such as the contents of a CSV file.
///
///     let table = try DataTable(csv: "houses.csv")
///     let parts = try table.split(validation: 0.1, test: 0.1, seed: 7)
///     let encoder = try TableEncoder<Float>(fitting: parts.training, excluding: ["price"])
///     let x: Tensor<Float> = try encoder.encode(parts.training)          // [B, I]
///     let prices: Tensor<Float> = try parts.training.tensor(of: ["price"])   // [B, 1]
///
/// Values may be missing. What turns a column into a tensor throws an error for a missing value,
/// with its file and line, unless a policy has been stated for it (`resolvingMissing`,
/// `TableEncoder`).
public struct DataTable: Sendable {
  enum Column: Sendable {
    /// Numbers, with NaN for missing ones.
    case numbers([Double])
    case texts(TextColumn)
  }

  /// The names of the columns, in order.
  public let columnNames: [String]
  /// The number of rows.
  public let rowCount: Int
  let columns: [Column]
  /// Where the rows come from, for messages.
  let origin: RowOrigin
  private let places: [String: Int]

  init(names: [String], columns: [Column], origin: RowOrigin, rowCount: Int) {
    (columnNames, self.columns, self.origin) = (names, columns, origin)
    self.rowCount = rowCount
    places = Dictionary(zip(names, names.indices)) { first, _ in first }
    require(
      places.count == names.count && columns.count == names.count,
      "DataTable: \(columns.count) columns with the names \(names), which must be different")
  }

  /// Reads a CSV file (RFC 4180).
  ///
  /// The text is UTF-8, with or without a byte-order mark. A line ends with LF, CRLF or CR. Lines
  /// without any character are skipped, except in a file with one column, where they are missing
  /// values. The type of a column is inferred from all of its values, unless the format states it.
  ///
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - format: How the file is written.
  /// - Throws: `DataError` with the file and, if it can be read, the line and the column.
  /// - Complexity: One pass over the file, or two if a column has texts after numbers. The memory
  ///   is 8 bytes for a number, and for a text 4 bytes and those of each different text.
  public init(csv path: String, _ format: CSVFormat = CSVFormat()) throws(DataError) {
    self = try CSVReader(CSVInput(path: path), format).table()
  }

  /// Reads text in the format of a CSV file.
  ///
  /// - Throws: `DataError` with the line and the column.
  public init(csvText text: String, _ format: CSVFormat = CSVFormat()) throws(DataError) {
    self = try CSVReader(CSVInput(Array(text.utf8)), format).table()
  }

  /// Reads bytes in the format of a CSV file, in pieces of this size.
  package init(
    csvBytes bytes: [UInt8], _ format: CSVFormat, pieceSize: Int
  ) throws(DataError) {
    self = try CSVReader(CSVInput(bytes), format, pieceSize: pieceSize).table()
  }

  /// Creates a table from columns in memory: first those of numbers, of which NaN are missing, and
  /// then those of texts.
  ///
  /// - Precondition: All columns have the same number of values, and different names.
  public init(
    numbers: KeyValuePairs<String, [Double]> = [:], texts: KeyValuePairs<String, [String?]> = [:]
  ) {
    let counts = numbers.map(\.value.count) + texts.map(\.value.count)
    require(Set(counts).count <= 1, "DataTable: columns of \(counts) values")
    self.init(
      names: numbers.map(\.key) + texts.map(\.key),
      columns: numbers.map { .numbers($0.value) } + texts.map { .texts(TextColumn($0.value)) },
      origin: RowOrigin(file: nil, lines: nil), rowCount: counts.first ?? 0)
  }

  /// Returns the column with this name.
  ///
  /// - Throws: `DataError` with the names that there are.
  func column(_ name: String) throws(DataError) -> Column {
    guard let place = places[name] else {
      throw DataError(
        origin.file, column: name, "there is no such column, only \(listed(columnNames))")
    }
    return columns[place]
  }

  /// Returns an error about a value.
  func error(row: Int, column: String?, _ problem: String) -> DataError {
    origin.error(row: row, column: column, problem)
  }
}

// MARK: - Values

extension DataTable {
  /// Returns whether a column has numbers or texts.
  ///
  /// - Throws: `DataError` if there is no such column.
  public func type(of column: String) throws(DataError) -> CSVFormat.ColumnType {
    if case .numbers = try self.column(column) { .number } else { .text }
  }

  /// Returns the values of a column of numbers, with NaN for missing ones.
  ///
  /// - Throws: `DataError` if there is no such column, or it has texts.
  public func numbers(_ name: String) throws(DataError) -> [Double] {
    switch try column(name) {
    case .numbers(let values): return values
    case .texts(let texts):
      let row = (0..<rowCount).first { texts.number(at: $0) == nil && texts[$0] != nil } ?? 0
      throw error(
        row: row, column: name,
        "expected a column of numbers, found texts\(texts[row].map { ", such as \"\($0)\"" } ?? "")"
      )
    }
  }

  /// Returns the values of a column as texts, with `nil` for missing ones. A number is written as
  /// an integer if it is one, and otherwise with as few digits as identify it.
  ///
  /// - Throws: `DataError` if there is no such column.
  public func texts(_ name: String) throws(DataError) -> [String?] {
    switch try column(name) {
    case .numbers(let values): values.map { $0.isNaN ? nil : numberText($0) }
    case .texts(let texts): texts.values
    }
  }

  /// Returns the different values of a column as texts.
  func differentTexts(_ name: String) throws(DataError) -> [String] {
    switch try column(name) {
    case .numbers(let values): Set(values).filter { !$0.isNaN }.map(numberText)
    case .texts(let texts): texts.categoriesInUse
    }
  }

  /// Returns a column as one of texts, in which numbers are written as `texts` does.
  func textColumn(_ name: String) throws(DataError) -> TextColumn {
    switch try column(name) {
    case .numbers: TextColumn(try texts(name))
    case .texts(let texts): texts
    }
  }

  /// Returns the number of missing values of a column.
  ///
  /// - Throws: `DataError` if there is no such column.
  public func missingCount(in name: String) throws(DataError) -> Int {
    try column(name).missingCount
  }

  /// Returns columns of numbers as a tensor, [rows, columns], rounded to `Scalar`.
  ///
  /// - Throws: `DataError` if there is no such column, it has texts, or a value is missing or
  ///   beyond the range of `Scalar`.
  /// - Complexity: O(rows × columns)
  public func tensor<Scalar: RealScalar>(
    of names: [String], as _: Scalar.Type = Scalar.self
  ) throws(DataError) -> Tensor<Scalar> {
    var matrix = Tensor<Double>(uninitialized: [rowCount, names.count])
    for (place, name) in names.enumerated() {
      let values = try numbers(name)
      if let row = values.firstIndex(where: { !Scalar($0).isFinite }) {
        throw error(row: row, column: name, notFinite(values[row]))
      }
      matrix.fillColumn(place, with: values)
    }
    return Tensor<Scalar>(matrix)
  }
}

/// Returns the problem of a number that must be finite.
func notFinite(_ value: Double) -> String {
  value.isNaN
    ? "the value is missing, and no policy for missing values is stated"
    : "expected a finite number that the precision can represent, found \(value)"
}

/// Returns a number as text, an integer without a point.
func numberText(_ value: Double) -> String {
  Int(exactly: value).map { "\($0)" } ?? "\(value)"
}

extension Tensor<Double> {
  /// Replaces a column of this matrix.
  mutating func fillColumn(_ column: Int, with values: [Double]) {
    let columns = shape[1]
    var elements = mutableSpan
    for (row, value) in values.enumerated() { elements[row * columns + column] = value }
  }
}

extension DataTable.Column {
  var missingCount: Int {
    switch self {
    case .numbers(let values): values.count { $0.isNaN }
    case .texts(let texts): texts.codes.count { $0 < 0 }
    }
  }

  func isMissing(_ row: Int) -> Bool {
    switch self {
    case .numbers(let values): values[row].isNaN
    case .texts(let texts): texts.codes[row] < 0
    }
  }

  func rows(at indices: [Int]) -> DataTable.Column {
    switch self {
    case .numbers(let values): .numbers(indices.map { values[$0] })
    case .texts(let texts): .texts(texts.rows(at: indices))
    }
  }
}
