internal import BackflowKernels

/// A column while it is read: its values, or what became of the attempt to read it as numbers.
struct CSVColumn {
  enum Kind {
    /// All values so far are numbers or missing.
    case number
    case text
    /// A column that had numbers before its first text. It must be read again, because the fields
    /// of the numbers are gone.
    case contradicted
    /// A column that has been read before.
    case skipped
  }

  private(set) var kind: Kind
  /// Whether a field that is not a number is an error.
  private let isStatedAsNumber: Bool
  private let marks: MissingMarks
  /// The values of a column of numbers, with NaN for missing ones.
  private var numbers: [Double] = []
  private var hasNumber = false
  /// The numbers of the texts in `texts`, with those of marks first.
  private var codes: [Int32] = []
  private var texts = ByteStringIndex()

  /// - Parameter kind: The kind that the caller has stated, or `number` to infer it.
  init(_ kind: Kind, isStated: Bool, marks: MissingMarks) {
    (self.kind, self.marks) = (kind, marks)
    isStatedAsNumber = isStated && kind == .number
    if kind == .text { prepareTexts() }
  }

  var wantsNumbers: Bool {
    @inline(__always) get { kind == .number }
  }

  private mutating func prepareTexts() {
    for mark in marks.bytes { _ = texts.number(adding: mark.span) }
  }

  /// Adds a number.
  @inline(__always)
  mutating func append(_ number: Double) {
    let isMissing = !marks.numbers.isEmpty && marks.numbers.contains(number)
    numbers.append(isMissing ? .nan : number)
    if !isMissing { hasNumber = true }
  }

  /// Adds a field, which may be a number.
  mutating func append(
    _ field: Span<UInt8>, _ parser: DecimalParser
  ) throws(CSVScanner.Problem) {
    switch kind {
    case .text: codes.append(try code(of: field))
    case .number:
      if let (number, end) = parser.number(in: field, amongBlanksFrom: 0), end == field.count {
        append(number)
      } else {
        try appendToNumbers(field)
      }
    case .contradicted, .skipped: break
    }
  }

  private mutating func code(of field: Span<UInt8>) throws(CSVScanner.Problem) -> Int32 {
    let first = Int32(marks.bytes.count)
    let place = texts.place(of: field)
    if let number = place.number { return max(number - first, -1) }
    if let problem = problem(in: field) { throw CSVScanner.Problem(description: problem) }
    return texts.add(field, at: place) - first
  }

  private func problem(in field: Span<UInt8>) -> String? {
    if texts.strings.count >= Int32.max { return "expected fewer than 2³¹ different texts" }
    var isASCII = true
    for index in field.indices where field[index] >= 0x80 { isASCII = false }
    if isASCII || String(validating: field.indices.map { field[$0] }, as: UTF8.self) != nil {
      return nil
    }
    return Self.notUTF8
  }

  static let notUTF8 =
    "expected text in UTF-8, found other bytes; save the file with the encoding UTF-8"

  private mutating func appendToNumbers(_ field: Span<UInt8>) throws(CSVScanner.Problem) {
    if marks.contains(field) {
      numbers.append(.nan)
    } else if marks.contains(field.extracting(withoutBlanks(field))) {
      // Blanks are allowed as they are around a number, but belong to a text, as which the field
      // may have to be read again.
      numbers.append(.nan)
      hasNumber = true
    } else if isStatedAsNumber {
      throw CSVScanner.Problem(description: "expected a number, found \(CSVColumn.shown(field))")
    } else if hasNumber {
      kind = .contradicted
      numbers = []
    } else {
      // Only missing values come before the first text.
      codes = [Int32](repeating: -1, count: numbers.count)
      (kind, numbers) = (.text, [])
      prepareTexts()
      codes.append(try code(of: field))
    }
  }

  /// Returns a field for a message.
  static func shown(_ field: Span<UInt8>) -> String {
    let text = String(decoding: field.indices.prefix(60).map { field[$0] }, as: UTF8.self)
    return field.isEmpty ? "an empty field" : "\"\(text)\(field.count > 60 ? "…" : "")\""
  }

  /// Removes the values after the first `rows`.
  mutating func truncate(to rows: Int) {
    if numbers.count > rows { numbers.removeLast(numbers.count - rows) }
    if codes.count > rows { codes.removeLast(codes.count - rows) }
  }

  /// Reserves memory for so many values.
  mutating func reserve(_ rows: Int) {
    switch kind {
    case .number: numbers.reserveCapacity(rows)
    case .text: codes.reserveCapacity(rows)
    case .contradicted, .skipped: break
    }
  }

  /// The values after reading, or `nil` if this column must be read again or was read before.
  var values: DataTable.Column? {
    switch kind {
    case .number: .numbers(numbers)
    case .text: .texts(TextColumn(codes: codes, of: texts.strings, from: marks.bytes.count))
    case .contradicted, .skipped: nil
    }
  }
}

/// Returns where a field is without the spaces and tabs at its ends.
private func withoutBlanks(_ field: Span<UInt8>) -> Range<Int> {
  var range = 0..<field.count
  while let first = range.first, field[first] == 0x20 || field[first] == 0x09 {
    range = first + 1..<range.upperBound
  }
  while let last = range.last, field[last] == 0x20 || field[last] == 0x09 {
    range = range.lowerBound..<last
  }
  return range
}

/// The fields that stand for a missing value.
struct MissingMarks {
  /// The marks in UTF-8, in a fixed order.
  let bytes: [[UInt8]]
  /// The marks that are numbers, such as −999.
  let numbers: [Double]

  init(_ marks: Set<String>, _ parser: DecimalParser) {
    bytes = marks.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
    numbers = bytes.compactMap { mark in
      guard let (number, end) = parser.number(in: mark.span, from: 0), end == mark.count else {
        return nil
      }
      return number
    }
  }

  /// Returns whether a field is a mark.
  func contains(_ field: Span<UInt8>) -> Bool {
    bytes.contains { mark in
      guard mark.count == field.count else { return false }
      for index in field.indices where field[index] != mark[index] { return false }
      return true
    }
  }
}
