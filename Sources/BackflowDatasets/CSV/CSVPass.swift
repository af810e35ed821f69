internal import BackflowCheckpoints
internal import BackflowKernels

/// One pass over a CSV file: the names of its columns, and their values so far.
struct CSVPass {
  private let format: CSVFormat
  private let file: String?
  private let parser: DecimalParser
  private let marks: MissingMarks
  /// The kinds of the columns in a second pass.
  private let kinds: [CSVColumn.Kind]?
  private var scanner: CSVScanner
  private(set) var names: [String] = []
  private(set) var columns: [CSVColumn] = []
  private(set) var rowCount = 0
  private(set) var lines = LineNumbers()
  /// The number of the line on which the next record begins.
  private(set) var line = 1
  private var isAtStart = true
  private(set) var hasReserved = false

  init(_ format: CSVFormat, file: String?, kinds: [CSVColumn.Kind]? = nil) {
    (self.format, self.file, self.kinds) = (format, file, kinds)
    parser = DecimalParser(mark: format.decimalMark, separator: format.separator)
    marks = MissingMarks(format.missingMarks, parser)
    scanner = CSVScanner(separator: format.separator, trimsSpaces: format.trimsSpaces)
  }

  /// Reserves memory for all rows, if those so far are this share of the file.
  mutating func reserve(share: Double) {
    hasReserved = true
    // Later rows may be shorter.
    let estimate = Double(rowCount) / max(share, 1e-6) * 1.02
    let rows = Int(min(estimate, 1e10)) + 16
    for index in columns.indices { columns[index].reserve(rows) }
  }

  /// Reads the complete records of `bytes`, and returns the number of their bytes.
  mutating func read(_ bytes: Span<UInt8>, isLast: Bool) throws(DataError) -> Int {
    var position = 0
    if isAtStart {
      // A byte-order mark has three bytes.
      guard bytes.count >= 3 || isLast else { return 0 }
      position = try skipByteOrderMark(bytes)
      isAtStart = false
    }
    while position < bytes.count {
      if names.isEmpty {
        guard let end = try readHeader(bytes, from: position, isLast: isLast) else { break }
        position = end
      } else if names.count > 1, bytes[position] == 0x0A || bytes[position] == 0x0D {
        guard case .record(let next) = scanner.following(position, in: bytes, isLast: isLast) else {
          break
        }
        position = next
        line += 1
      } else {
        guard let end = try readRecord(bytes, from: position, isLast: isLast) else { break }
        position = end
      }
    }
    return position
  }

  /// Throws an error if the file has no header.
  func finish() throws(DataError) {
    if names.isEmpty {
      throw DataError(file, line: 1, "expected a record with at least one field, found none")
    }
  }

  private func skipByteOrderMark(_ bytes: Span<UInt8>) throws(DataError) -> Int {
    func starts(with mark: [UInt8]) -> Bool {
      bytes.count >= mark.count && mark.indices.allSatisfy { bytes[$0] == mark[$0] }
    }
    if starts(with: [0xFF, 0xFE]) || starts(with: [0xFE, 0xFF]) {
      throw DataError(
        file, line: 1,
        "expected text in UTF-8, found the byte-order mark of UTF-16; save the file with the"
          + " encoding UTF-8")
    }
    return starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  // MARK: - The header

  /// Determines the names of the columns from the first record, and returns where the next one
  /// begins, or `nil` if more bytes are needed.
  private mutating func readHeader(
    _ bytes: Span<UInt8>, from start: Int, isLast: Bool
  ) throws(DataError) -> Int? {
    var (fields, position, lineBreaks) = ([String](), start, 0)
    fields: while true {
      let field: CSVScanner.Field?
      do throws(CSVScanner.Problem) {
        field = try scanner.field(in: bytes, from: position, isLast: isLast)
      } catch {
        throw DataError(file, line: line, column: "\(fields.count + 1)", error.description)
      }
      guard let field else { return nil }
      let contents =
        field.isUnescaped
        ? Array(scanner.unescaped[field.contents]) : field.contents.map { bytes[$0] }
      guard let name = String(validating: contents, as: UTF8.self) else {
        throw DataError(file, line: line, column: "\(fields.count + 1)", CSVColumn.notUTF8)
      }
      fields.append(name)
      lineBreaks += field.lineBreaks
      switch scanner.following(field.end, in: bytes, isLast: isLast) {
      case .field(let next): position = next
      case .unknown: return nil
      case .record(let next):
        position = next
        break fields
      }
    }
    try nameColumns(fields)
    guard format.header == .firstLine else { return start }
    line += lineBreaks + 1
    return position
  }

  private mutating func nameColumns(_ fields: [String]) throws(DataError) {
    switch format.header {
    case .firstLine: names = fields.enumerated().map { $1.isEmpty ? "column \($0 + 1)" : $1 }
    case .none: names = fields.indices.map { "column \($0 + 1)" }
    case .names(let given):
      guard given.count == fields.count else {
        throw DataError(
          file, line: line,
          "expected \(given.count) fields, as there are names, found"
            + " \(fields.count)")
      }
      names = given
    }
    var places: [String: Int] = [:]
    for (index, name) in names.enumerated() {
      if let other = places.updateValue(index, forKey: name) {
        throw DataError(
          file, line: line, column: name,
          "columns \(other + 1) and \(index + 1) have the same name")
      }
    }
    if let unknown = format.types.keys.sorted().first(where: { places[$0] == nil }) {
      throw DataError(
        file, line: line, column: unknown,
        "a type is stated for this column, but there are only \(listed(names))")
    }
    // Another process may have changed the file between the passes.
    if let kinds, kinds.count != names.count { throw DataError.changed(file) }
    columns = names.enumerated().map { index, name in
      if let kinds { return CSVColumn(kinds[index], isStated: false, marks: marks) }
      let stated = format.types[name]
      return CSVColumn(
        stated == .text ? .text : .number, isStated: stated != nil, marks: marks)
    }
  }

  // MARK: - Records

  /// Reads a record, and returns where the next one begins, or `nil` if more bytes are needed.
  private mutating func readRecord(
    _ bytes: Span<UInt8>, from start: Int, isLast: Bool
  ) throws(DataError) -> Int? {
    var (position, column, lineBreaks) = (start, 0, 0)
    while true {
      guard column < columns.count else {
        throw DataError(
          file, line: line, "expected \(columns.count) fields, found more")
      }
      let end: Int?
      do throws(CSVScanner.Problem) {
        end = try readField(bytes, from: position, isLast: isLast, column, &lineBreaks)
      } catch {
        throw DataError(file, line: line + lineBreaks, column: names[column], error.description)
      }
      guard let end else { return abandon() }
      switch scanner.following(end, in: bytes, isLast: isLast) {
      case .unknown: return abandon()
      case .field(let next): (position, column) = (next, column + 1)
      case .record(let next):
        guard column + 1 == columns.count else {
          throw DataError(
            file, line: line, "expected \(columns.count) fields, found \(column + 1)")
        }
        lines.append(line, row: rowCount)
        rowCount += 1
        line += lineBreaks + 1
        return next
      }
    }
  }

  /// Adds the field that starts at `start` to a column, and returns where it ends, or `nil` if more
  /// bytes are needed.
  @inline(__always)
  private mutating func readField(
    _ bytes: Span<UInt8>, from start: Int, isLast: Bool, _ column: Int, _ lineBreaks: inout Int
  ) throws(CSVScanner.Problem) -> Int? {
    if columns[column].wantsNumbers,
      let (number, end) = parser.number(in: bytes, amongBlanksFrom: start)
    {
      if end < bytes.count ? scanner.isEnd(bytes[end]) : isLast {
        columns[column].append(number)
        return end
      }
    }
    guard let field = try scanner.field(in: bytes, from: start, isLast: isLast) else { return nil }
    if field.isUnescaped {
      let unescaped = scanner.unescaped
      try columns[column].append(unescaped.span.extracting(field.contents), parser)
    } else {
      try columns[column].append(bytes.extracting(field.contents), parser)
    }
    lineBreaks += field.lineBreaks
    return field.end
  }

  /// Removes the fields of a record whose end has not been seen.
  private mutating func abandon() -> Int? {
    for index in columns.indices { columns[index].truncate(to: rowCount) }
    return nil
  }
}

/// Returns names for a message.
func listed(_ names: [String]) -> String {
  let shown = names.prefix(20).map { escaped($0) }.joined(separator: ", ")
  return shown + (names.count > 20 ? ", …" : "")
}
