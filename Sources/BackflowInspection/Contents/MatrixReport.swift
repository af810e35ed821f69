internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import RealModule

/// What can be said of a tensor as a matrix, whose rows are the slices along the first axis.
///
/// The kernel of a convolution, [O, C, height, width], has one row for each output channel.
public struct MatrixReport: Sendable, Codable, Equatable {
  /// The number of rows, which is the first extent.
  public let rows: Int
  /// The number of columns, which is the product of the other extents.
  public let columns: Int
  /// The rows of zeros: units that receive nothing.
  public let zeroRows: [Int]
  /// The columns of zeros: inputs that are ignored.
  public let zeroColumns: [Int]
  /// Groups of rows that are equal, bit for bit, and not zero: units that compute the same.
  public let equalRows: [[Int]]
  /// The standard deviation of the elements divided by 1/√(3·columns), which is that of PyTorch's
  /// default initialization of linear and convolutional layers, uniform on ±1/√columns.
  public let scale: Double
  /// The singular values in summary, or `nil` if an element is not finite or the matrix is too
  /// large (see `TensorReport.maximumDecomposed`).
  public let singularValues: SingularValueSummary?

  init(of elements: [Double], shape: [Int], precision: Double) {
    rows = shape[0]
    columns = shape.dropFirst().reduce(1, *)
    var groups: [ArraySlice<UInt64>: [Int]] = [:]
    var (zeroRows, zeroColumns) = ([Int](), [Bool](repeating: true, count: columns))
    let bits = elements.map(\.bitPattern)
    for row in 0..<rows {
      let range = row * columns..<(row + 1) * columns
      if elements[range].allSatisfy({ $0 == 0 }) {
        zeroRows.append(row)
        continue
      }
      groups[bits[range], default: []].append(row)
      for column in 0..<columns where elements[range.lowerBound + column] != 0 {
        zeroColumns[column] = false
      }
    }
    self.zeroRows = zeroRows
    self.zeroColumns = zeroRows.count == rows ? [] : zeroColumns.indices.filter { zeroColumns[$0] }
    equalRows = groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
    let sum = elements.reduce(0, +) / Double(elements.count)
    let squares = elements.reduce(0) { $0 + ($1 - sum) * ($1 - sum) } / Double(elements.count)
    scale = (3 * Double(columns) * squares).squareRoot()
    singularValues = SingularValueSummary(
      of: Tensor(elements, shape: [rows, columns]), precision: precision)
  }
}

/// The singular values of a matrix in summary.
public struct SingularValueSummary: Sendable, Codable, Equatable {
  /// σ_max, the factor by which the matrix amplifies the vector that it amplifies most.
  public let largest: Double
  /// The median of the singular values.
  public let median: Double
  /// σ_min.
  public let smallest: Double
  /// The number of singular values above max(m, n) · ε · σ_max, with ε of the stored type.
  public let rank: Int
  /// The effective rank, exp(−Σ p log p) with p = σ / Σσ (Roy and Vetterli, EUSIPCO 2007): between
  /// 1 and min(m, n), and equal to the rank if the singular values are equal.
  public let effectiveRank: Double

  init?(of matrix: Tensor<Double>, precision: Double) {
    guard min(matrix.shape[0], matrix.shape[1]) <= TensorReport.maximumDecomposed,
      matrix.isFinite, let values = try? BackflowLinearAlgebra.singularValues(of: matrix),
      let largest = values.first, let smallest = values.last
    else { return nil }
    (self.largest, self.smallest, median) = (largest, smallest, values[values.count / 2])
    let limit = Double(max(matrix.shape[0], matrix.shape[1])) * precision * largest
    rank = values.count { $0 > limit }
    let sum = values.reduce(0, +)
    let entropy = values.reduce(0.0) { entropy, value in
      value > 0 ? entropy - value / sum * Double.log(value / sum) : entropy
    }
    effectiveRank = sum > 0 ? Double.exp(entropy) : 0
  }
}
