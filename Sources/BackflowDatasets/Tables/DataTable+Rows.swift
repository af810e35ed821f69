internal import BackflowKernels

extension DataTable {
  /// Returns the rows at `indices`, in that order. Indices may repeat.
  ///
  /// - Precondition: The indices are in 0 ..< `rowCount`.
  /// - Complexity: O(indices × columns); the texts are shared.
  public func rows(at indices: [Int]) -> DataTable {
    require(
      indices.allSatisfy { $0 >= 0 && $0 < rowCount },
      "DataTable: rows \(indices.prefix(20)) of a table of \(rowCount) rows")
    return DataTable(
      names: columnNames, columns: columns.map { $0.rows(at: indices) },
      origin: origin.rows(at: indices), rowCount: indices.count)
  }

  /// Returns random parts of the rows, for training, validation and test; see `DataSplit`.
  ///
  /// - Parameters:
  ///   - validation: The share of the rows for validation.
  ///   - test: The share of the rows for the test.
  ///   - seed: The seed of the choice.
  ///   - column: A column of which every value has these shares, such as the label.
  /// - Throws: `DataError` if there is no such column, or it lacks a value.
  /// - Precondition: The shares are not negative, and their sum is at most 1.
  public func split(
    validation: Double, test: Double = 0, seed: UInt64, stratifiedBy column: String? = nil
  ) throws(DataError) -> (training: DataTable, validation: DataTable, test: DataTable) {
    let split: DataSplit
    if let column {
      let encoder = try LabelEncoder(fitting: self, column: column)
      let labels = try encoder.encode(self, column: column)
      split = DataSplit(stratifying: labels, validation: validation, test: test, seed: seed)
    } else {
      split = DataSplit(count: rowCount, validation: validation, test: test, seed: seed)
    }
    return (rows(at: split.training), rows(at: split.validation), rows(at: split.test))
  }
}
