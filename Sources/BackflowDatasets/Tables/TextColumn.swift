/// A column of texts, of which each different one is stored once.
struct TextColumn: Sendable {
  /// The number of the text of each row, and −1 for a missing one.
  let codes: [Int32]
  private let strings: ByteStrings
  /// The number of texts of `strings` that no code counts.
  private let first: Int

  init(codes: [Int32], of strings: ByteStrings, from first: Int) {
    (self.codes, self.strings, self.first) = (codes, strings, first)
  }

  init(_ values: [String?]) {
    var index = ByteStringIndex()
    codes = values.map { value in
      guard let value else { return -1 }
      let bytes = Array(value.utf8)
      return index.number(adding: bytes.span)
    }
    (strings, first) = (index.strings, 0)
  }

  /// The different texts, by code. After a selection of rows, some may have no row.
  var categories: [String] { (first..<strings.count).map { strings[$0] } }

  /// The text of each row, and `nil` for a missing one.
  var values: [String?] {
    let categories = categories
    return codes.map { $0 < 0 ? nil : categories[Int($0)] }
  }

  /// The different texts that a row has, by code.
  var categoriesInUse: [String] {
    zip(categories, counts).filter { $0.1 > 0 }.map(\.0)
  }

  /// The number of rows that each category has.
  var counts: [Int] {
    var counts = [Int](repeating: 0, count: strings.count - first)
    for code in codes where code >= 0 { counts[Int(code)] += 1 }
    return counts
  }

  subscript(row: Int) -> String? {
    codes[row] < 0 ? nil : strings[first + Int(codes[row])]
  }

  /// Returns the text of a row as a number, if it is one.
  func number(at row: Int) -> Double? { self[row].flatMap { Double($0) } }

  func rows(at indices: [Int]) -> TextColumn {
    TextColumn(codes: indices.map { codes[$0] }, of: strings, from: first)
  }

  /// Returns the column with `text` in the place of missing values.
  func filled(with text: String) -> TextColumn {
    TextColumn(values.map { $0 ?? text })
  }
}
