/// The running statistics of a normalization layer in one forward pass.
public struct NormalizationTrace: Sendable, Equatable {
  /// Whether the layer used the statistics of the batch, and not the running ones.
  public let isTraining: Bool
  /// The number of batches in the running statistics before the pass.
  public let trackedBatches: Int
  /// The root mean square, over channels, of the means of the normalized input: 0 in training, and
  /// in evaluation if the running means fit the batch.
  public let meanShift: Double
  /// The root mean square, over channels, of the standard deviations of the normalized input: 1 in
  /// training, and in evaluation if the running variances fit the batch.
  public let deviation: Double

  /// A trace with these figures.
  public init(isTraining: Bool, trackedBatches: Int, meanShift: Double, deviation: Double) {
    (self.isTraining, self.trackedBatches) = (isTraining, trackedBatches)
    (self.meanShift, self.deviation) = (meanShift, deviation)
  }
}
