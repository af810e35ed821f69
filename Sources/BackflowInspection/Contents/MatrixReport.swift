internal import BackflowCheckpoints
internal import BackflowKernels
internal import BackflowLinearAlgebra

/// What can be said of a tensor as a matrix, whose rows are the slices along the first axis.
///
/// The kernel of a convolution, [O, C, height, width], has one row for each output channel.
public struct MatrixReport: Sendable, Equatable {
  /// The number of rows, which is the first extent.
  public let rows: Int
  /// The number of columns, which is the product of the other extents.
  public let columns: Int
  /// The rows of zeros: units that receive nothing.
  public let zeroRows: [Int]
  /// The columns of zeros: inputs that are ignored. The list is empty if all rows are zero.
  public let zeroColumns: [Int]
  /// Groups of rows that are equal, bit for bit, and not zero: units that compute the same. The
  /// list is empty for a matrix of one column, where equal elements mean nothing.
  public let equalRows: [[Int]]
  /// The standard deviation of the elements divided by 1/√(3·columns), which is that of PyTorch's
  /// default initialization of linear and convolutional layers, uniform on ±1/√columns. It is `nil`
  /// if an element is not finite.
  public let scale: Double?
  /// The singular values in summary, or `nil` if an element or a singular value is not finite, or
  /// the matrix is too large (see `SingularValueSummary.maximumCost`).
  public let singularValues: SingularValueSummary?

  /// - Precondition: `elements` has the elements of a tensor of this shape, at least one.
  init(of elements: Tensor<Double>, shape: [Int], type: ElementType) {
    rows = shape[0]
    columns = elements.count / rows
    let scan = RowScan(elements.span, rows: rows, columns: columns)
    zeroRows = scan.zeroRows
    zeroColumns = zeroRows.count == rows ? [] : scan.zeroColumns
    equalRows = columns > 1 ? scan.equalRows : []
    let isFinite = elements.isFinite
    scale = isFinite ? elements.standardDeviation() * (3 * Double(columns)).squareRoot() : nil
    let isAffordable = SingularValueSummary.isAffordable(rows: rows, columns: columns)
    singularValues =
      isFinite && isAffordable
      ? SingularValueSummary(of: elements.reshaped(to: [rows, columns]), type: type) : nil
  }
}

/// The rows and columns of a matrix that are zero, and the rows that are equal.
private struct RowScan {
  var zeroRows: [Int] = []
  let zeroColumns: [Int]
  let equalRows: [[Int]]

  init(_ elements: Span<Double>, rows: Int, columns: Int) {
    var isZeroColumn = [Bool](repeating: true, count: columns)
    var candidates: [Int: [Int]] = [:]
    for row in 0..<rows {
      var (hasher, isZero) = (Hasher(), true)
      let start = row * columns
      for column in 0..<columns {
        let element = elements[start + column]
        hasher.combine(element.bitPattern)
        guard element != 0 else { continue }
        isZero = false
        isZeroColumn[column] = false
      }
      if isZero {
        zeroRows.append(row)
      } else {
        candidates[hasher.finalize(), default: []].append(row)
      }
    }
    zeroColumns = isZeroColumn.indices.filter { isZeroColumn[$0] }
    var groups: [[Int]] = []
    for rows in candidates.values where rows.count > 1 {
      groups += RowScan.groups(of: rows, in: elements, columns)
    }
    equalRows = groups.sorted { $0[0] < $1[0] }
  }

  /// Returns the groups of two or more equal rows among rows with the same hash value.
  private static func groups(
    of rows: [Int], in elements: Span<Double>, _ columns: Int
  ) -> [[Int]] {
    var groups: [[Int]] = []
    for row in rows {
      let place = groups.firstIndex { group in
        (0..<columns).allSatisfy { column in
          elements[group[0] * columns + column].bitPattern
            == elements[row * columns + column].bitPattern
        }
      }
      if let place { groups[place].append(row) } else { groups.append([row]) }
    }
    return groups.filter { $0.count > 1 }
  }
}
