internal import BackflowKernels
public import BackflowLinearAlgebra

/// The errors of predicted numbers over any number of batches: the mean absolute error, the root of
/// the mean squared error, and R², the coefficient of determination.
///
///     var scores = RegressionScores()
///     scores.add(prediction, target)                    // for each batch
///     scores.rSquared
///
/// Every element is a sample of one output; where a target has several columns with different
/// meanings, each should have scores of its own.
///
/// The elements are added one after the other, in double precision, and the results have the same
/// bits for any division into batches. The variance of the targets is updated with centered sums,
/// which do not cancel where the mean is large (Welford, "Note on a method for calculating
/// corrected sums of squares and products", 1962), and the sums keep what their additions round
/// away (Neumaier, 1974).
public struct RegressionScores: Sendable, Equatable {
  private var sums = RegressionSums()

  /// The scores of no samples yet.
  public init() {}

  /// Adds a batch. O(count)
  ///
  /// - Precondition: Prediction and target have the same shape.
  public mutating func add<Scalar>(_ prediction: Tensor<Scalar>, _ target: Tensor<Scalar>) {
    requireSameShape(prediction, target, "RegressionScores")
    sums.add(prediction.span, target.span)
  }

  /// N, the number of elements.
  public var count: Int { sums.count }

  /// Σ |d| / N, d = prediction − target; NaN for no samples.
  public var meanAbsoluteError: Double { sums.absolute.value / Double(count) }

  /// Σ d² / N; NaN for no samples.
  public var meanSquaredError: Double { sums.squares.value / Double(count) }

  /// √(Σ d² / N); NaN for no samples.
  public var rootMeanSquaredError: Double { meanSquaredError.squareRoot() }

  /// 1 − Σ d² / Σ (target − mean)², which is 1 for a perfect prediction, 0 for that of the mean,
  /// and below 0 for a worse one (scikit-learn `r2_score`). If all targets are equal, it is 1 for a
  /// perfect prediction and otherwise 0, as there. NaN for fewer than two samples.
  public var rSquared: Double {
    if count < 2 { return .nan }
    let (errors, variation) = (sums.squares.value, sums.variation.value)
    if variation == 0 && !errors.isNaN { return errors == 0 ? 1 : 0 }
    return 1 - errors / variation
  }
}
