import Backflow

/// Every loss with each reduction. The points have a distance of at least 0.02 from every kink,
/// since the steps of the finite differences are up to 0.002 · max(1, |x|).
let lossRows: [GradientCheckRow] =
  crossEntropyRows + softCrossEntropyRows + hingeRows + elementwiseRows + gatherRows
  + weightedLossRows

let rowShapes = [[1, 2], [3, 5], [2, 2, 4], [4, 7]]
let elementShapes = [[1], [7], [3, 4]]

/// A loss for the check, both reduced to a number and with one number for each sample.
struct CheckedLoss {
  let reduced: (Tensor<Double>, Reduction) -> (loss: Double, gradient: Tensor<Double>)
  let perSample: (Tensor<Double>) -> SampleLosses<Double>
  let prediction: Tensor<Double>
}

/// Returns the three rows of a loss at one point.
func rows(
  _ subject: String, _ point: String,
  _ make: @escaping @Sendable (inout RandomSource) -> CheckedLoss
) -> [GradientCheckRow] {
  [
    GradientCheckRow(subject, "\(point), mean") { random in
      let loss = make(&random)
      return DifferentiableFunction(loss: { loss.reduced($0, .mean) }, at: loss.prediction)
    },
    GradientCheckRow(subject, "\(point), sum") { random in
      let loss = make(&random)
      return DifferentiableFunction(loss: { loss.reduced($0, .sum) }, at: loss.prediction)
    },
    GradientCheckRow(subject, "\(point), per sample") { random in
      let loss = make(&random)
      return DifferentiableFunction(
        of: [.init("prediction", loss.prediction)],
        forward: { loss.perSample($0[0]).losses },
        backward: { [loss.perSample($0[0]).gradient(weightedBy: $1)] })
    },
  ]
}

// MARK: - Losses of rows

private let crossEntropySettings: [(ignored: Int?, smoothing: Double)] = [
  (nil, 0), (nil, 0.2), (1, 0), (1, 0.3),
]

private let crossEntropyRows: [GradientCheckRow] = rowShapes.flatMap { shape in
  crossEntropySettings.flatMap { (ignored, smoothing) in
    rows(
      "softmaxCrossEntropy",
      "\(shape), ignoring \(ignored.map(String.init) ?? "nothing"), smoothing \(smoothing)"
    ) { random in
      let logits: Tensor<Double> = random.normal(Shape(shape), standardDeviation: 2)
      let labels = random.labels(for: shape, notAll: ignored)
      return CheckedLoss(
        reduced: {
          softmaxCrossEntropy(
            $0, labels, ignoring: ignored, labelSmoothing: smoothing, reduction: $1)
        },
        perSample: {
          softmaxCrossEntropy(
            $0, labels, ignoring: ignored, labelSmoothing: smoothing, reduction: .perSample)
        },
        prediction: logits)
    }
  }
}

private let softCrossEntropyRows: [GradientCheckRow] = rowShapes.flatMap { shape in
  [0, 0.2].flatMap { (smoothing: Double) in
    rows("softmaxCrossEntropy", "\(shape), soft, smoothing \(smoothing)") { random in
      // The targets are not normalized, in order to detect a gradient that assumes Σ q = 1.
      let targets: Tensor<Double> = random.uniform(Shape(shape))
      return CheckedLoss(
        reduced: {
          softmaxCrossEntropy($0, targets, labelSmoothing: smoothing, reduction: $1)
        },
        perSample: {
          softmaxCrossEntropy($0, targets, labelSmoothing: smoothing, reduction: .perSample)
        },
        prediction: random.normal(Shape(shape), standardDeviation: 2))
    }
  }
}

private let hingeRows: [GradientCheckRow] = rowShapes.flatMap { shape in
  [false, true].flatMap { (squared: Bool) in
    rows("multiclassHinge", "\(shape), \(squared ? "squared" : "linear")") { random in
      // With integer scores and a margin of 0.7, every argument of the hinge is at least 0.3 from
      // 0.
      let count = Shape(shape).elementCount
      let scores = Tensor(
        (0..<count).map { _ in Double(random.integer(below: 4)) }, shape: Shape(shape))
      let labels = random.labels(for: shape)
      return CheckedLoss(
        reduced: { multiclassHinge($0, labels, margin: 0.7, squared: squared, reduction: $1) },
        perSample: {
          multiclassHinge($0, labels, margin: 0.7, squared: squared, reduction: .perSample)
        },
        prediction: scores)
    }
  }
}

private let gatherRows: [GradientCheckRow] = rowShapes.map { shape in
  GradientCheckRow("gather", "\(shape)") { random in
    let indices = random.labels(for: shape)
    return DifferentiableFunction(
      of: [.init("x", random.normal(Shape(shape)))],
      forward: { gather($0[0], at: indices) },
      backward: { [gatherBackward($1, at: indices, columns: $0[0].shape[shape.count - 1])] })
  }
}

// MARK: - Losses of elements

private let elementwiseRows: [GradientCheckRow] =
  meanSquaredErrorRows + meanAbsoluteErrorRows + sigmoidCrossEntropyRows + huberRows + smoothL1Rows

private let meanSquaredErrorRows: [GradientCheckRow] = elementShapes.flatMap { shape in
  rows("meanSquaredError", "\(shape)") { random in
    let (prediction, target) = random.residuals(Shape(shape), kink: 1)
    return CheckedLoss(
      reduced: { meanSquaredError($0, target, reduction: $1) },
      perSample: { meanSquaredError($0, target, reduction: .perSample) }, prediction: prediction)
  }
}

private let meanAbsoluteErrorRows: [GradientCheckRow] = elementShapes.flatMap { shape in
  rows("meanAbsoluteError", "\(shape)") { random in
    let (prediction, target) = random.residuals(Shape(shape), kink: 1)
    return CheckedLoss(
      reduced: { meanAbsoluteError($0, target, reduction: $1) },
      perSample: { meanAbsoluteError($0, target, reduction: .perSample) }, prediction: prediction)
  }
}

private let sigmoidCrossEntropyRows: [GradientCheckRow] = elementShapes.flatMap { shape in
  rows("sigmoidCrossEntropy", "\(shape)") { random in
    let target: Tensor<Double> = random.uniform(Shape(shape))
    return CheckedLoss(
      reduced: { sigmoidCrossEntropy($0, target, reduction: $1) },
      perSample: { sigmoidCrossEntropy($0, target, reduction: .perSample) },
      prediction: random.normal(Shape(shape), standardDeviation: 3))
  }
}

private let huberRows: [GradientCheckRow] = elementShapes.flatMap { shape in
  [0.5, 1, 3].flatMap { (delta: Double) in
    rows("huber", "\(shape), δ \(delta)") { random in
      let (prediction, target) = random.residuals(Shape(shape), kink: delta)
      return CheckedLoss(
        reduced: { huber($0, target, delta: delta, reduction: $1) },
        perSample: { huber($0, target, delta: delta, reduction: .perSample) },
        prediction: prediction)
    }
  }
}

private let smoothL1Rows: [GradientCheckRow] = elementShapes.flatMap { shape in
  [0, 0.5, 1, 3].flatMap { (beta: Double) in
    rows("smoothL1", "\(shape), β \(beta)") { random in
      let (prediction, target) = random.residuals(Shape(shape), kink: beta)
      return CheckedLoss(
        reduced: { smoothL1($0, target, beta: beta, reduction: $1) },
        perSample: { smoothL1($0, target, beta: beta, reduction: .perSample) },
        prediction: prediction)
    }
  }
}

extension RandomSource {
  /// Returns one label for each row of `shape`. The first one is not the ignored label.
  mutating func labels(for shape: [Int], notAll ignored: Int? = nil) -> [Int] {
    let rows = shape.dropLast().reduce(1, *)
    var labels = (0..<rows).map { _ in integer(below: shape[shape.count - 1]) }
    if labels[0] == ignored { labels[0] = 0 }
    return labels
  }

  /// Returns a prediction and a target. Their differences are on both sides of ±`kink` and of 0, at
  /// a distance of at least 0.02.
  fileprivate mutating func residuals(
    _ shape: Shape, kink: Double
  ) -> (prediction: Tensor<Double>, target: Tensor<Double>) {
    let target: Tensor<Double> = uniform(shape, in: -0.2..<0.2)
    let differences = (0..<shape.elementCount).map { index in
      let inside = index.isMultiple(of: 2) && kink > 0
      let size =
        inside ? kink * (0.1 + 0.8 * uniform()) : kink + 0.02 + 0.7 * uniform()
      return integer(below: 2) == 0 ? size : -size
    }
    return (target + Tensor(differences, shape: shape), target)
  }
}
