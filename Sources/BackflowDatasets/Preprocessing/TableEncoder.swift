public import BackflowKernels
public import BackflowLinearAlgebra

/// The rows of a table as the input of a network, by what the training data have shown: numbers
/// standardized, categories one-hot, missing values replaced.
///
///     let encoder = try TableEncoder<Float>(
///       fitting: training, excluding: ["price"], unknown: .zeros, missingNumbers: .mean)
///     let x = try encoder.encode(training)              // [rows, features]
///     try checkpoint.insert(encoder, prefix: "input")   // beside the model
///     let same = try TableEncoder<Float>(checkpoint, prefix: "input")
///
/// The features are first those of the columns of numbers, one each, and then those of the columns
/// of texts, one for each category, both in the order of the columns in the training table.
public struct TableEncoder<Scalar: RealScalar>: Sendable {
  /// The columns of numbers, in the order of their features.
  public let numberColumns: [String]
  /// The columns of texts, in the order of their features.
  public let textColumns: [String]
  /// The statistics of the columns of numbers. They are in double precision, so that a large mean
  /// does not cost digits.
  public let standardizer: Standardizer<Double>
  /// The categories of each column of texts.
  public let categories: [OneHotEncoder]
  /// What replaces missing numbers, and NaN for nothing, and missing texts.
  let numberFills: [Double]
  let textFills: [String?]

  init(
    numbers: [String], texts: [String], standardizer: Standardizer<Double>,
    categories: [OneHotEncoder], numberFills: [Double], textFills: [String?]
  ) {
    (numberColumns, textColumns) = (numbers, texts)
    (self.standardizer, self.categories) = (standardizer, categories)
    (self.numberFills, self.textFills) = (numberFills, textFills)
  }

  /// Learns means, deviations, categories and replacements from the training data.
  ///
  /// - Parameters:
  ///   - table: The training data.
  ///   - columns: The columns that become features, or `nil` for all columns.
  ///   - excluded: Columns that do not become features, such as the target.
  ///   - standardizes: Whether numbers are standardized.
  ///   - unknown: What becomes of a category that the training data do not have.
  ///   - missing: What replaces missing values, by column.
  ///   - missingNumbers: What replaces those of other columns of numbers. Without it, they are
  ///     errors.
  ///   - missingTexts: What replaces those of other columns of texts. Without it, they are errors.
  /// - Throws: `DataError` if there is no such column, a value is missing or not finite, or there
  ///   are no rows.
  /// - Complexity: O(rows × columns)
  public init(
    fitting table: DataTable, columns: [String]? = nil, excluding excluded: [String] = [],
    standardizes: Bool = true, unknown: UnknownCategory = .error,
    missing: [String: MissingPolicy.Fill] = [:], missingNumbers: MissingPolicy.Fill? = nil,
    missingTexts: MissingPolicy.Fill? = nil
  ) throws(DataError) {
    for name in excluded + missing.keys.sorted() { _ = try table.column(name) }
    var (numbers, texts) = ([String](), [String]())
    var (numberFills, textFills) = ([Double](), [String?]())
    for name in columns ?? table.columnNames where !excluded.contains(name) {
      let isNumber = try table.type(of: name) == .number
      let policy = missing[name] ?? (isNumber ? missingNumbers : missingTexts)
      let fill = try policy.map { policy throws(DataError) in
        try table.value(of: policy, for: name)
      }
      if isNumber {
        numbers.append(name)
        if case .number(let number) = fill {
          numberFills.append(number)
        } else {
          numberFills.append(.nan)
        }
      } else {
        texts.append(name)
        if case .text(let text) = fill { textFills.append(text) } else { textFills.append(nil) }
      }
    }
    let values = try TableEncoder.matrix(table, numbers, numberFills)
    var categories: [OneHotEncoder] = []
    for (name, fill) in zip(texts, textFills) {
      if fill == nil { try table.checkComplete(name) }
      let isFilled = try table.missingCount(in: name) > 0
      let names = try table.differentTexts(name) + (isFilled ? [fill ?? ""] : [])
      categories.append(OneHotEncoder(fitting: names, unknown: unknown))
    }
    self.init(
      numbers: numbers, texts: texts,
      standardizer: standardizes
        ? try Standardizer(fitting: values) : Standardizer(featureCount: numbers.count),
      categories: categories, numberFills: numberFills, textFills: textFills)
  }

  /// The types of the columns that become features, for the format of a file of new data, whose
  /// categories could look like numbers:
  ///
  ///     let new = try DataTable(csv: "new.csv", CSVFormat(types: encoder.columnTypes))
  public var columnTypes: [String: CSVFormat.ColumnType] {
    let types =
      numberColumns.map { ($0, CSVFormat.ColumnType.number) }
      + textColumns.map { ($0, CSVFormat.ColumnType.text) }
    return Dictionary(types) { first, _ in first }
  }

  /// The number of features.
  public var featureCount: Int {
    numberColumns.count + categories.reduce(0) { $0 + $1.featureCount }
  }

  /// The names of the features: that of the column for numbers, and `column=category` otherwise.
  public var featureNames: [String] {
    numberColumns + zip(textColumns, categories).flatMap { $1.featureNames($0) }
  }

  /// Returns the features of rows, [rows, features]. Columns that are not features are ignored.
  ///
  /// - Throws: `DataError`, with the line, if a column is missing or of another type, or if a value
  ///   is missing without a replacement, not finite, or an unknown category and this is an error.
  /// - Complexity: O(rows × features)
  public func encode(_ table: DataTable) throws(DataError) -> Tensor<Scalar> {
    let numbers = standardizer(try TableEncoder.matrix(table, numberColumns, numberFills))
    if let place = numbers.elements.firstIndex(where: { !Scalar($0).isFinite }) {
      let (row, column) = place.quotientAndRemainder(dividingBy: numberColumns.count)
      throw table.error(
        row: row, column: numberColumns[column], "the standardized number is beyond the range")
    }
    var features = Tensor<Double>.zeros([table.rowCount, featureCount])
    features.replaceSlice(0..<numberColumns.count, axis: 1, with: numbers)
    var first = numberColumns.count
    for (place, encoder) in categories.enumerated() {
      try mark(table, place, encoder, from: first, in: &features)
      first += encoder.featureCount
    }
    return Tensor<Scalar>(features)
  }

  /// Sets the features of a column of texts, which begin at `first`.
  private func mark(
    _ table: DataTable, _ place: Int, _ encoder: OneHotEncoder, from first: Int,
    in features: inout Tensor<Double>
  ) throws(DataError) {
    let name = textColumns[place]
    let texts = try table.textColumn(name)
    let places = texts.categories.map { encoder.place(of: $0) }
    let fill = textFills[place].map { encoder.place(of: $0) }
    let columns = featureCount
    var elements = features.mutableSpan
    for (row, code) in texts.codes.enumerated() {
      let found = code < 0 ? fill : places[Int(code)]
      switch found {
      case .feature(let place): elements[row * columns + first + place] = 1
      case .none?: break
      case .error:
        throw table.error(
          row: row, column: name, encoder.categories.unknown(texts[row] ?? textFills[place] ?? ""))
      case nil: throw table.error(row: row, column: name, notFinite(.nan))
      }
    }
  }

  /// Returns columns of numbers with replacements for missing ones, [rows, columns].
  private static func matrix(
    _ table: DataTable, _ names: [String], _ fills: [Double]
  ) throws(DataError) -> Tensor<Double> {
    var matrix = Tensor<Double>(uninitialized: [table.rowCount, names.count])
    for (place, name) in names.enumerated() {
      var values = try table.numbers(name)
      for row in values.indices where !values[row].isFinite {
        guard values[row].isNaN, !fills[place].isNaN else {
          throw table.error(row: row, column: name, notFinite(values[row]))
        }
        values[row] = fills[place]
      }
      matrix.fillColumn(place, with: values)
    }
    return matrix
  }
}
