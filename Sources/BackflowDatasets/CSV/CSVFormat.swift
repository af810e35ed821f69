internal import BackflowKernels

/// How a file of comma-separated values is written, and how its fields are understood.
///
///     let table = try DataTable(csv: "houses.csv", CSVFormat(separator: ";", decimalMark: ","))
public struct CSVFormat: Sendable {
  /// Where the names of the columns are.
  public enum Header: Sendable, Equatable {
    /// In the first record of the file. A column without a name is called `column N`, counted from
    /// 1.
    case firstLine
    /// Not in the file, whose first record has data already.
    case names([String])
    /// Nowhere. The columns are called `column 1`, `column 2` and so on.
    case none
  }

  /// The kind of the values of a column.
  public enum ColumnType: Sendable, Equatable {
    /// Decimal numbers.
    case number
    /// Texts, such as the names of categories.
    case text
  }

  /// What stands for a missing value by default: an empty field, and what R, NumPy, pandas and
  /// databases write.
  public static let usualMissingMarks: Set<String> = [
    "", "NA", "N/A", "NaN", "nan", "NULL", "null",
  ]

  /// Where the names of the columns are.
  public var header: Header
  /// The types of columns, by name. The type of another column is inferred: it is `number` if all
  /// of its values that are not missing are numbers, and otherwise `text`.
  public var types: [String: ColumnType]
  /// The fields that stand for a missing value, with or without quotation marks; in a column of
  /// numbers, also among spaces and tabs.
  public var missingMarks: Set<String>
  /// Whether spaces and tabs around a field do not belong to it. RFC 4180 says that they do.
  /// Around a number they are always allowed.
  public var trimsSpaces: Bool
  let separator, decimalMark: UInt8

  /// Creates a format; by default, that of RFC 4180 with a header.
  ///
  /// - Parameters:
  ///   - separator: The character between two fields, such as `;` or a tab.
  ///   - header: Where the names of the columns are.
  ///   - types: The types of columns, by name, that are not to be inferred, such as postal codes
  ///     with leading zeros.
  ///   - missingMarks: The fields that stand for a missing value.
  ///   - decimalMark: The character before the decimal places of a number.
  ///   - trimsSpaces: Whether spaces and tabs around a field do not belong to it.
  /// - Precondition: The separator and the decimal mark are different ASCII characters; the
  ///   separator is not a quotation mark or a line break, and the decimal mark is not a part of a
  ///   number.
  public init(
    separator: Character = ",", header: Header = .firstLine, types: [String: ColumnType] = [:],
    missingMarks: Set<String> = usualMissingMarks, decimalMark: Character = ".",
    trimsSpaces: Bool = false
  ) {
    guard let separatorByte = separator.asciiValue, let markByte = decimalMark.asciiValue,
      // Bytes, because a line break of two characters is one in Swift.
      !Array("\"\r\n".utf8).contains(separatorByte), separatorByte != markByte,
      !Array("0123456789+-eE \"\t\r\n".utf8).contains(markByte)
    else { stop("CSVFormat: separator \(separator) with decimal mark \(decimalMark)") }
    (self.separator, self.decimalMark) = (separatorByte, markByte)
    (self.header, self.types, self.missingMarks) = (header, types, missingMarks)
    self.trimsSpaces = trimsSpaces
  }
}
