internal import BackflowKernels

/// What becomes of missing values.
public enum MissingPolicy: Sendable, Equatable {
  /// A missing value is an error.
  case error
  /// Rows with a missing value are left out.
  case dropRow
  /// A missing value is replaced.
  case fill(Fill)

  /// What replaces a missing value.
  public enum Fill: Sendable, Equatable {
    /// The mean of the values that a column of numbers has.
    case mean
    /// The value that occurs most often in the column; of several, the smallest number or the
    /// first text in the order of Unicode scalars.
    case mostFrequent
    /// This number, in a column of numbers.
    case number(Double)
    /// This text, in a column of texts.
    case text(String)
  }
}

extension DataTable {
  /// Returns the table without missing values in the given columns.
  ///
  /// A mean and a most frequent value are those of this table. To learn them from the training
  /// data only, and to save them with a model, state them in a `TableEncoder`.
  ///
  /// - Parameters:
  ///   - policy: What becomes of missing values.
  ///   - columns: The names of the columns, or `nil` for all columns.
  /// - Throws: `DataError` if there is no such column, for the first missing value with the policy
  ///   `error`, or if a column cannot be filled because it has no value or values of another type.
  public func resolvingMissing(
    _ policy: MissingPolicy, in columns: [String]? = nil
  ) throws(DataError) -> DataTable {
    let names = columns ?? columnNames
    switch policy {
    case .error:
      for name in names { try checkComplete(name) }
      return self
    case .dropRow:
      var chosen: [Column] = []
      for name in names { chosen.append(try column(name)) }
      return rows(at: (0..<rowCount).filter { row in chosen.allSatisfy { !$0.isMissing(row) } })
    case .fill(let fill):
      var filled = self.columns
      for name in names {
        let column = try column(name)
        guard column.missingCount > 0, let place = columnNames.firstIndex(of: name) else {
          continue
        }
        filled[place] = column.filled(with: try value(of: fill, for: name))
      }
      return DataTable(names: columnNames, columns: filled, origin: origin, rowCount: rowCount)
    }
  }

  /// Throws an error for the first missing value of a column.
  func checkComplete(_ name: String) throws(DataError) {
    let column = try column(name)
    let missing =
      switch column {
      case .numbers(let values): values.firstIndex { $0.isNaN }
      case .texts(let texts): texts.codes.firstIndex { $0 < 0 }
      }
    if let row = missing {
      throw error(row: row, column: name, notFinite(.nan))
    }
  }

  /// The value that replaces missing ones of a column.
  func value(of fill: MissingPolicy.Fill, for name: String) throws(DataError) -> FillValue {
    let column = try column(name)
    func failure(_ problem: String) -> DataError { DataError(origin.file, column: name, problem) }
    switch (fill, column) {
    case (.mean, .numbers(let values)):
      guard let mean = mean(of: values) else {
        throw failure("a column without values has no mean")
      }
      return .number(mean)
    case (.mostFrequent, .numbers(let values)):
      guard let mode = mostFrequent(of: values) else {
        throw failure("a column without values has no most frequent one")
      }
      return .number(mode)
    case (.mostFrequent, .texts(let texts)):
      let candidates = zip(texts.categories, texts.counts).filter { $0.1 > 0 }
      guard let most = candidates.map(\.1).max(),
        let mode = candidates.filter({ $0.1 == most }).map(\.0).min(by: precedesInUnicode)
      else { throw failure("a column without values has no most frequent one") }
      return .text(mode)
    case (.number(let number), .numbers): return .number(number)
    case (.text(let text), .texts): return .text(text)
    case (.mean, .texts): throw failure("a column of texts has no mean")
    case (.number(let number), .texts):
      throw failure("a column of texts cannot be filled with the number \(number)")
    case (.text(let text), .numbers):
      throw failure("a column of numbers cannot be filled with the text \"\(text)\"")
    }
  }
}

/// The value that replaces missing ones.
enum FillValue: Sendable, Equatable {
  case number(Double)
  case text(String)
}

extension DataTable.Column {
  /// Returns the column with a value in the place of missing ones.
  func filled(with value: FillValue) -> DataTable.Column {
    switch (self, value) {
    case (.numbers(let values), .number(let number)):
      .numbers(values.map { $0.isNaN ? number : $0 })
    case (.texts(let texts), .text(let text)): .texts(texts.filled(with: text))
    default: self
    }
  }
}

/// The mean of the numbers that are not NaN, or `nil` if there are none.
private func mean(of values: [Double]) -> Double? {
  let present = values.filter { !$0.isNaN }
  guard !present.isEmpty else { return nil }
  // The first value is subtracted, so that the sum of a constant column is exact.
  let origin = present[0]
  return origin + present.reduce(0) { $0 + ($1 - origin) } / Double(present.count)
}

/// The most frequent one of the numbers that are not NaN, or `nil` if there are none.
private func mostFrequent(of values: [Double]) -> Double? {
  var counts: [Double: Int] = [:]
  for value in values where !value.isNaN { counts[value, default: 0] += 1 }
  guard let most = counts.values.max() else { return nil }
  return counts.filter { $0.value == most }.keys.min()
}

/// Whether a text precedes another one by their Unicode scalars.
func precedesInUnicode(_ left: String, _ right: String) -> Bool {
  left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars)
}
