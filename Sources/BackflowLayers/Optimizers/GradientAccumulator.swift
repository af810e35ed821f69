internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The gradients of several small batches as those of one large batch.
///
///     var accumulator = GradientAccumulator<MyModel>()
///     for batch in parts {
///       …                                                   // loss and gradients of the mean
///       accumulator.add(gradients, weight: Double(batch.count))
///     }
///     optimizer.update(&model, along: accumulator.takeMean())
///
/// The gradient of a mean over all samples is the mean of the gradients of the batches, weighted by
/// what their means divide by: the number of samples, of those that are not ignored, or the sum of
/// the weights of their labels. The results agree up to rounding unless the samples of a batch
/// depend on each other, as those of a batch normalization do.
///
/// The gradients are added in place, in memory that the pool of tensors gives again after each
/// step. Weights are divided by the first one, so that batches of one size are added without a
/// product, and one batch alone keeps its bits.
public struct GradientAccumulator<Model: Parameterized>: Sendable {
  private var sum: Model?
  private var unit = 1.0
  /// The number of batches that were added.
  public private(set) var batchCount = 0
  /// The sum of their weights.
  public private(set) var totalWeight = 0.0

  /// An accumulator without gradients.
  public init() {}

  /// Adds the gradients of one batch. O(parameters)
  ///
  /// - Parameters:
  ///   - gradients: The gradients of the batch's mean loss, or of its sum for `takeSum()`.
  ///   - weight: The number of its samples, or 1 for `takeSum()`. Gradients of weight 0, such as
  ///     those of a batch in which every label is ignored, are not read.
  /// - Precondition: The gradients have the shapes of those before, and the weight is 0 or positive
  ///   and finite.
  public mutating func add(_ gradients: Model, weight: Double = 1) {
    SettingRange.zeroOrPositive.check(weight, "the weight", of: "GradientAccumulator")
    batchCount += 1
    if weight == 0 { return }
    if sum == nil {
      (sum, unit) = (gradients, weight)
    } else {
      let factor = Model.Scalar(weight / unit)
      sum?.visitParameters(with: gradients) { _, own, gradient in
        own.add(gradient, scaledBy: factor)
      }
    }
    totalWeight += weight
  }

  /// Returns the weighted mean, Σ wᵢ gᵢ / Σ wᵢ, and starts anew.
  ///
  /// - Precondition: Gradients have been added.
  /// - Complexity: O(parameters), or O(1) after one batch.
  public mutating func takeMean() -> Model { take(scaledBy: unit / totalWeight) }

  /// Returns the weighted sum, Σ wᵢ gᵢ, and starts anew.
  ///
  /// - Precondition: Gradients have been added.
  /// - Complexity: O(parameters), or O(1) if the first weight is 1.
  public mutating func takeSum() -> Model { take(scaledBy: unit) }

  /// Forgets what was added, as after a batch whose gradients were not finite.
  public mutating func removeAll() { self = GradientAccumulator() }

  private mutating func take(scaledBy factor: Double) -> Model {
    guard var taken = sum else {
      stop("GradientAccumulator: no gradients have been added since the last were taken")
    }
    removeAll()  // Gradients that are shared would be copied when they are scaled.
    if factor != 1 {
      taken.visitParameters { _, gradient in gradient *= Model.Scalar(factor) }
    }
    return taken
  }
}
