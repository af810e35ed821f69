internal import BackflowCheckpoints
internal import BackflowLinearAlgebra
internal import RealModule

/// The singular values of a matrix in summary.
public struct SingularValueSummary: Sendable, Encodable, Equatable {
  /// σ_max, the factor by which the matrix amplifies the vector that it amplifies most.
  public let largest: Double
  /// The median of the singular values.
  public let median: Double
  /// σ_min.
  public let smallest: Double
  /// The number of singular values above max(m, n) · ε · σ_max, as in NumPy. ε is the machine
  /// epsilon of `float64` for tensors of this type, and that of `float32` for all others: the
  /// epsilon of a shorter type would exceed the singular values of ordinary matrices.
  public let rank: Int
  /// The effective rank, exp(−Σ p log p) with p = σ / Σσ (Roy and Vetterli, EUSIPCO 2007): between
  /// 1 and min(m, n), and equal to the rank if the singular values above 0 are equal. It is 0 for a
  /// matrix of zeros.
  public let effectiveRank: Double

  /// The largest m · n · min(m, n) for which a matrix is decomposed. A square matrix of this cost
  /// has 1,536 rows.
  public static let maximumCost = 1536 * 1536 * 1536

  private enum CodingKeys: String, CodingKey {
    case largest, median, smallest, rank
    case effectiveRank = "effective_rank"
  }

  static func isAffordable(rows: Int, columns: Int) -> Bool {
    let product = rows * columns
    let (cost, overflow) = product.multipliedReportingOverflow(by: min(rows, columns))
    return !overflow && cost <= maximumCost
  }

  /// - Precondition: The elements are finite, and there is at least one.
  init?(of matrix: Tensor<Double>, type: ElementType) {
    guard let values = try? BackflowLinearAlgebra.singularValues(of: matrix),
      let largest = values.first, let smallest = values.last
    else { return nil }
    (self.largest, self.smallest) = (largest, smallest)
    let middle = values.count / 2
    median =
      values.count.isMultiple(of: 2) ? (values[middle - 1] + values[middle]) / 2 : values[middle]
    let precision = min(type.precision, ElementType.float32.precision)
    let limit = Double(max(matrix.shape[0], matrix.shape[1])) * precision * largest
    rank = values.count { $0 > limit }
    let sum = values.reduce(0, +)
    let entropy = values.reduce(0.0) { entropy, value in
      value > 0 ? entropy - value / sum * Double.log(value / sum) : entropy
    }
    effectiveRank = sum > 0 ? Double.exp(entropy) : 0
  }
}
