public import BackflowKernels
public import ComplexModule

/// A dense complex matrix, row-major: what eigenvectors of a real matrix are in general.
public struct ComplexMatrix<Scalar: RealScalar>: Equatable, Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The entries, row by row.
  public private(set) var elements: [Complex<Scalar>]

  /// A matrix from its entries, row by row. Stops if their number differs from rows × columns.
  public init(rows: Int, columns: Int, elements: [Complex<Scalar>]) {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    require(
      rows >= 0 && columns >= 0 && !overflow && elements.count == count,
      "a \(rows)×\(columns) matrix cannot have \(elements.count) elements")
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  /// One entry. Stops outside the matrix.
  public subscript(row: Int, column: Int) -> Complex<Scalar> {
    get { elements[offset(row, column)] }
    set { elements[offset(row, column)] = newValue }
  }

  /// The entries of one column, from the top.
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
