internal import BackflowKernels

/// A value for each pair of a row and a column, shown by color.
///
///     HeatMap(
///       "gradient by layer", columns: steps, label: "training step", rows: .named(layers),
///       values: norms, color: .logarithmic("norm of the gradient"))
///
/// Colors become lighter as values become larger. NaN, infinity and, on a logarithmic scale, values
/// that are not positive have marks of their own, and a value of `nil` leaves its place empty.
public struct HeatMap: Sendable, Equatable {
  /// The title, in one line.
  public var title: String
  /// The positions of the columns, ascending, such as training steps. A column reaches halfway to
  /// its neighbors.
  public var columns: [Double]
  /// The quantity of the columns and its unit.
  public var label: String
  /// The rows.
  public var rows: Rows
  /// The values of each row, one for each column.
  public var values: [[Double?]]
  /// The scale of the colors, with the quantity and its unit.
  public var color: LineChart.Scale

  /// What the rows stand for.
  public enum Rows: Sendable, Equatable {
    /// Rows with names, from top to bottom.
    case named([String])
    /// Rows 1, 2, 3, … of a quantity, from bottom to top.
    case numbered(String)
  }

  /// Creates a heat map from its values.
  ///
  /// - Precondition: The columns ascend. Each row has a value for each column, and its name if the
  ///   rows have names.
  public init(
    _ title: String, columns: [Double], label: String, rows: Rows, values: [[Double?]],
    color: LineChart.Scale
  ) {
    require(
      zip(columns, columns.dropFirst()).allSatisfy { $0 < $1 },
      "HeatMap: the columns \(columns) do not ascend")
    require(
      values.allSatisfy { $0.count == columns.count },
      "HeatMap: rows of \(values.map(\.count)) values for \(columns.count) columns")
    if case .named(let names) = rows {
      require(
        names.count == values.count, "HeatMap: \(names.count) names for \(values.count) rows")
    }
    (self.title, self.columns, self.label) = (title, columns, label)
    (self.rows, self.values, self.color) = (rows, values, color)
  }

  /// The figure as an SVG document, 400 wide.
  ///
  /// At most 60 columns are drawn and, of rows with numbers, at most 40. If there are more,
  /// neighbors share a cell, which shows the largest of their values, or that one is NaN.
  public var svg: String { HeatMapDrawing(self).document }
}

extension HeatMap {
  /// The values of the cells that are drawn, with the ranges of columns and rows that share one.
  var cells: (values: [[Double?]], columns: [Range<Int>], rows: [Range<Int>]) {
    let most = if case .named = rows { max(1, values.count) } else { 40 }
    let across = HeatMap.blocks(of: columns.count, atMost: 60)
    let along = HeatMap.blocks(of: values.count, atMost: most)
    let merged = along.map { some in
      across.map { block in HeatMap.largest(values[some].flatMap { $0[block] }) }
    }
    return (merged, across, along)
  }

  /// Returns the ranges of equally many of `count` indices; the last may be shorter.
  private static func blocks(of count: Int, atMost most: Int) -> [Range<Int>] {
    let length = max(1, (count + most - 1) / most)
    return stride(from: 0, to: count, by: length).map { $0..<min($0 + length, count) }
  }

  private static func largest(_ values: [Double?]) -> Double? {
    let present = values.compactMap(\.self)
    return present.first(where: \.isNaN) ?? present.max()
  }
}
