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
  /// The number of singular values above the rounding errors: above max(m, n) · 2⁻⁵² · σ_max, as
  /// in NumPy, and for a type other than `float64` also above 2⁻²⁴ · (the largest norm of a row +
  /// the largest norm of a column), which is about the norm of a matrix of rounding errors to
  /// `float32` (Bandeira and van Handel, Annals of Probability 44, 2016). The elements of shorter
  /// types count as exact, because their rounding errors exceed the singular values of ordinary
  /// matrices.
  public let rank: Int
  /// The effective rank, exp(−Σ p log p) with p = σ / Σσ (Roy and Vetterli, EUSIPCO 2007): between
  /// 1 and min(m, n), and equal to the rank if the singular values above 0 are equal. It is 0 for a
  /// matrix of zeros.
  public let effectiveRank: Double

  /// The largest m · n · min(m, n) for which a matrix is decomposed: 2³³, for example that of 2,048
  /// rows and columns, or of 32,768 rows and 512 columns.
  public static let maximumCost = 1 << 33

  private enum CodingKeys: String, CodingKey {
    case largest, median, smallest, rank
    case effectiveRank = "effective_rank"
  }

  static func isAffordable(rows: Int, columns: Int) -> Bool {
    let product = rows * columns
    let (cost, overflow) = product.multipliedReportingOverflow(by: min(rows, columns))
    return !overflow && cost <= maximumCost && max(rows, columns) <= Shape.maximumExtent
  }

  /// - Precondition: The elements are finite, and there is at least one.
  init?(of matrix: Tensor<Double>, type: ElementType) {
    guard let values = try? BackflowLinearAlgebra.singularValues(of: matrix),
      let largest = values.first, let smallest = values.last, largest.isFinite
    else { return nil }
    (self.largest, self.smallest) = (largest, smallest)
    let middle = values.count / 2
    median =
      values.count.isMultiple(of: 2) ? values[middle - 1] / 2 + values[middle] / 2 : values[middle]
    let limit = SingularValueSummary.roundingErrors(of: matrix, type, largest)
    rank = values.count { $0 > limit }
    // Relative to the largest, so that the sum is in range.
    let sum = values.reduce(0) { $0 + $1 / largest }
    let entropy = values.reduce(0.0) { entropy, value in
      let share = value / largest / sum
      return share > 0 ? entropy - share * Double.log(share) : entropy
    }
    effectiveRank = largest > 0 ? Double.exp(entropy) : 0
  }

  private static func roundingErrors(
    of matrix: Tensor<Double>, _ type: ElementType, _ largest: Double
  ) -> Double {
    let computation = Double(max(matrix.shape[0], matrix.shape[1])) * Double.ulpOfOne * largest
    if type == .float64 { return computation }
    let squares = matrix.squared()
    let norms = [0, 1].map { squares.sum(axis: $0).max().squareRoot() }
    return max(computation, ElementType.float32.precision / 2 * (norms[0] + norms[1]))
  }
}
