import Backflow

/// The losses with weights of classes, and those of log-probabilities.
let weightedLossRows: [GradientCheckRow] =
  classWeightRows + softClassWeightRows + likelihoodRows + divergenceRows + positiveWeightRows

private let classWeightRows: [GradientCheckRow] = rowShapes.flatMap { shape in
  [(nil, 0), (nil, 0.2), (1, 0), (1, 0.3)].flatMap { (ignored: Int?, smoothing: Double) in
    rows(
      "softmaxCrossEntropy",
      "\(shape), class weights, ignoring \(ignored.map(String.init) ?? "nothing"),"
        + " smoothing \(smoothing)"
    ) { random in
      let logits: Tensor<Double> = random.normal(Shape(shape), standardDeviation: 2)
      let labels = random.labels(for: shape, notAll: ignored)
      let weights = random.classWeights(shape)
      return CheckedLoss(
        reduced: {
          softmaxCrossEntropy(
            $0, labels, ignoring: ignored, labelSmoothing: smoothing, classWeights: weights,
            reduction: $1)
        },
        perSample: {
          softmaxCrossEntropy(
            $0, labels, ignoring: ignored, labelSmoothing: smoothing, classWeights: weights,
            reduction: .perSample)
        },
        prediction: logits)
    }
  }
}

private let softClassWeightRows: [GradientCheckRow] = rowShapes.flatMap { shape in
  [0, 0.2].flatMap { (smoothing: Double) in
    rows("softmaxCrossEntropy", "\(shape), soft, class weights, smoothing \(smoothing)") { random in
      let targets: Tensor<Double> = random.uniform(Shape(shape))
      let weights = random.classWeights(shape)
      return CheckedLoss(
        reduced: {
          softmaxCrossEntropy(
            $0, targets, labelSmoothing: smoothing, classWeights: weights, reduction: $1)
        },
        perSample: {
          softmaxCrossEntropy(
            $0, targets, labelSmoothing: smoothing, classWeights: weights, reduction: .perSample)
        },
        prediction: random.normal(Shape(shape), standardDeviation: 2))
    }
  }
}

private let likelihoodRows: [GradientCheckRow] = rowShapes.flatMap { shape in
  [(nil, false), (nil, true), (1, false), (1, true)].flatMap { (ignored: Int?, isWeighted: Bool) in
    rows(
      "negativeLogLikelihood",
      "\(shape), ignoring \(ignored.map(String.init) ?? "nothing")"
        + (isWeighted ? ", class weights" : "")
    ) { random in
      let labels = random.labels(for: shape, notAll: ignored)
      let weights = isWeighted ? random.classWeights(shape) : nil
      return CheckedLoss(
        reduced: {
          negativeLogLikelihood(
            $0, labels, ignoring: ignored, classWeights: weights, reduction: $1)
        },
        perSample: {
          negativeLogLikelihood(
            $0, labels, ignoring: ignored, classWeights: weights, reduction: .perSample)
        },
        prediction: random.normal(Shape(shape)))
    }
  }
}

private let divergenceRows: [GradientCheckRow] = rowShapes.flatMap { shape in
  rows("klDivergence", "\(shape)") { random in
    // The targets are not normalized, in order to detect a gradient that assumes Σ q = 1.
    let targets: Tensor<Double> = random.uniform(Shape(shape))
    return CheckedLoss(
      reduced: { klDivergence($0, targets, reduction: $1) },
      perSample: { klDivergence($0, targets, reduction: .perSample) },
      prediction: random.normal(Shape(shape)))
  }
}

private let positiveWeightRows: [GradientCheckRow] = elementShapes.flatMap { shape in
  [true, false].flatMap { (isScalar: Bool) in
    rows("sigmoidCrossEntropy", "\(shape), \(isScalar ? "one weight" : "weights")") { random in
      let target: Tensor<Double> = random.uniform(Shape(shape))
      let weights = isScalar ? Tensor(scalar: 3) : random.classWeights(shape)
      return CheckedLoss(
        reduced: { sigmoidCrossEntropy($0, target, positiveWeights: weights, reduction: $1) },
        perSample: {
          sigmoidCrossEntropy($0, target, positiveWeights: weights, reduction: .perSample)
        },
        prediction: random.normal(Shape(shape), standardDeviation: 3))
    }
  }
}

extension RandomSource {
  /// Returns one weight in 0.5 ..< 2.5 for each element along the last axis.
  fileprivate mutating func classWeights(_ shape: [Int]) -> Tensor<Double> {
    uniform([shape[shape.count - 1]], in: 0.5..<2.5)
  }
}
