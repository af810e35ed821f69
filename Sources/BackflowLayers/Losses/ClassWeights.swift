internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The labels of the rows of a loss with the weight of each.
struct LabelWeights<Scalar: RealScalar> {
  /// What stands for a label that does not count in `countedLabels`.
  static var notCounted: Int { -1 }

  private let labels: [Int]
  private let ignoredLabel: Int?
  private let classWeights: Tensor<Scalar>
  /// w_y of each row, [N]; 0 where the label is ignored.
  private let ofRows: Tensor<Scalar>
  /// The shape of the losses.
  private let shape: Shape

  /// - Precondition: `prediction` is [..., C] with one label for each row, in 0 ..< C or the
  ///   ignored one, and there is one weight for each class.
  init(
    _ labels: [Int], ignoring ignoredLabel: Int?, _ classWeights: Tensor<Scalar>,
    of prediction: Tensor<Scalar>, _ name: String, _ what: String = "logits"
  ) {
    requireLabels(labels.count, of: prediction, name, what)
    shape = prediction.shape.removing(axis: prediction.rank - 1)
    checkClassWeights(classWeights, of: prediction, name, what)
    (self.labels, self.ignoredLabel, self.classWeights) = (labels, ignoredLabel, classWeights)
    var ofRows = Tensor<Scalar>(uninitialized: [labels.count])
    VectorKernels.weights(
      of: labels, ignoring: ignoredLabel, classWeights: classWeights.span,
      into: ofRows.mutableSpan)
    self.ofRows = ofRows
  }

  /// The same with the weight 1 for each class.
  init(
    _ labels: [Int], ignoring ignoredLabel: Int?, of prediction: Tensor<Scalar>, _ name: String,
    _ what: String
  ) {
    let classes = prediction.rank == 0 ? 0 : prediction.shape[prediction.rank - 1]
    self.init(labels, ignoring: ignoredLabel, .ones([classes]), of: prediction, name, what)
  }

  /// Σ_n w_{y_n}
  var total: Double { ofRows.meanInDouble() * Double(ofRows.count) }

  /// w_y of each row, of the losses' shape.
  var weights: Tensor<Scalar> { ofRows.reshaped(to: shape) }

  /// The labels, with `notCounted` for those of weight 0, whose rows are not read then.
  var countedLabels: [Int] {
    VectorKernels.labels(labels, weights: ofRows.span, placeholder: Self.notCounted)
  }

  /// Each row times its weight.
  func weighted(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
    SampleLosses(losses: ofRows, gradientOfSum: gradient).gradient(weightedBy: ofRows)
  }

  /// w_c ((1 − ε) [c = y] + ε/C), of the prediction's shape.
  func targets(of shape: Shape, smoothing: Double) -> Tensor<Scalar> {
    var targets = Tensor<Scalar>(uninitialized: shape)
    VectorKernels.smoothedTargets(
      labels, ignoring: ignoredLabel, classWeights: classWeights.span, smoothing: smoothing,
      into: targets.mutableSpan)
    return targets
  }

  /// Losses and gradients that are 0 where the label is ignored.
  func clearingIgnored(
    _ each: (losses: Tensor<Scalar>, gradient: Tensor<Scalar>)
  ) -> (losses: Tensor<Scalar>, gradient: Tensor<Scalar>) {
    guard let ignoredLabel else { return each }
    var (losses, gradient) = each
    VectorKernels.clearRows(of: ignoredLabel, labels, columns: 1, losses.mutableSpan)
    VectorKernels.clearRows(
      of: ignoredLabel, labels, columns: classWeights.count, gradient.mutableSpan)
    return (losses, gradient)
  }
}

/// Checks one weight for each class.
///
/// - Precondition: The weights have the shape [C] for a prediction [..., C], and each is 0 or
///   positive and finite.
func checkClassWeights<S>(
  _ weights: Tensor<S>, of prediction: Tensor<S>, _ name: String, _ what: String = "logits"
) {
  require(
    prediction.rank > 0 && weights.shape == [prediction.shape[prediction.rank - 1]],
    "\(name): class weights of shape \(weights.shape) against \(what) of shape"
      + " \(prediction.shape)")
  checkWeights(weights, "the class weights", of: name)
}

/// - Precondition: Each weight is 0 or positive and finite.
func checkWeights<S>(_ weights: Tensor<S>, _ what: String, of name: String) {
  require(
    weights.isFinite && (weights.isEmpty || weights.min() >= 0),
    "\(name): \(what) must be 0 or positive and finite, got \(weights)")
}
