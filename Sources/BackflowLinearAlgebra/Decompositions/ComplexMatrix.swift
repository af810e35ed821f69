public import BackflowKernels
public import ComplexModule

/// A dense, row-major complex matrix, such as the eigenvectors of a real matrix.
public struct ComplexMatrix<Scalar: RealScalar>: Equatable, Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The entries in row-major order.
  public private(set) var elements: [Complex<Scalar>]

  /// Creates a matrix from its entries in row-major order.
  ///
  /// - Precondition: `elements` has rows × columns entries.
  public init(rows: Int, columns: Int, elements: [Complex<Scalar>]) {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    require(
      rows >= 0 && columns >= 0 && !overflow && elements.count == count,
      "a \(rows)×\(columns) matrix cannot have \(elements.count) elements")
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  /// The entry at a row and a column.
  ///
  /// - Precondition: The row and the column exist.
  public subscript(row: Int, column: Int) -> Complex<Scalar> {
    get { elements[offset(row, column)] }
    set { elements[offset(row, column)] = newValue }
  }

  /// Returns the entries of one column, from top to bottom.
  public func column(_ column: Int) -> [Complex<Scalar>] {
    (0..<rows).map { self[$0, column] }
  }

  private func offset(_ row: Int, _ column: Int) -> Int {
    require(
      row >= 0 && row < rows && column >= 0 && column < columns,
      "entry (\(row), \(column)) is outside a \(rows)×\(columns) matrix")
    return row * columns + column
  }
}
