// Weights of classes, and losses whose loops are short beside those of their transcendental
// functions: Swift over spans instead of kernels in C. What has the weight 0 costs 0, also where
// its loss is infinite.
extension VectorKernels {
  /// weights[r] = classWeights[labels[r]], and 0 where the label is the ignored one.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func weights<S: RealScalar>(
    of labels: [Int], ignoring ignored: Int?, classWeights: Span<S>,
    into weights: consuming MutableSpan<S>
  ) {
    requireShape("weights: weights", weights.count, labels.count)
    requireIndices(labels, ignoring: ignored, below: classWeights.count, "label", of: "classes")
    for (row, label) in labels.enumerated() {
      weights[row] = label == ignored ? 0 : classWeights[label]
    }
  }

  /// The labels, with `placeholder` for those of weight 0.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func labels<S: RealScalar>(
    _ labels: [Int], weights: Span<S>, placeholder: Int
  ) -> [Int] {
    requireShape("labels: weights", weights.count, labels.count)
    var counted = labels
    for row in labels.indices where weights[row] == 0 { counted[row] = placeholder }
    return counted
  }

  /// targets[r, c] = classWeights[c] ((1 − smoothing) [c = labels[r]] + smoothing/columns), and 0
  /// where the label is the ignored one.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func smoothedTargets<S: RealScalar>(
    _ labels: [Int], ignoring ignored: Int?, classWeights: Span<S>, smoothing: Double,
    into targets: consuming MutableSpan<S>
  ) {
    let columns = classWeights.count
    requireShape("smoothedTargets: targets", targets.count, labels.count, columns)
    requireIndices(labels, ignoring: ignored, below: columns, "label", of: "classes")
    let (chosen, other) = (S(1 - smoothing), S(smoothing / Double(columns)))
    for (row, label) in labels.enumerated() {
      let share: S = label == ignored ? 0 : other
      for column in 0..<columns {
        targets[row * columns + column] = share * classWeights[column]
      }
      if label != ignored {
        targets[row * columns + label] = (chosen + other) * classWeights[label]
      }
    }
  }

  /// y[r, c] = 0 in the rows whose label is the ignored one.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func clearRows<S: RealScalar>(
    of ignored: Int, _ labels: [Int], columns: Int, _ y: consuming MutableSpan<S>
  ) {
    requireShape("clearRows: y", y.count, labels.count, columns)
    for (row, label) in labels.enumerated() where label == ignored {
      for column in 0..<columns { y[row * columns + column] = 0 }
    }
  }

  /// losses[r] = −weights[r] x[r, labels[r]], and 0 where the weight is; gradient, which holds
  /// zeros, becomes scale ∂losses/∂x. The labels of weight 0 are not read.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func negativeLogLikelihood<S: RealScalar>(
    _ x: Span<S>, labels: [Int], weights: Span<S>, columns: Int, scale: Double,
    losses: consuming MutableSpan<S>, gradient: consuming MutableSpan<S>
  ) {
    requireShape("negativeLogLikelihood: x", x.count, labels.count, columns)
    requireShape("negativeLogLikelihood: weights", weights.count, labels.count)
    requireShape("negativeLogLikelihood: losses", losses.count, labels.count)
    requireShape("negativeLogLikelihood: gradient", gradient.count, labels.count, columns)
    let scale = S(scale)
    for (row, label) in labels.enumerated() {
      losses[row] = 0
      if weights[row] == 0 { continue }
      losses[row] = -weights[row] * x[row * columns + label]
      gradient[row * columns + label] = -weights[row] * scale
    }
  }

  /// terms = t (ln t − x) from ln t, where 0 · ln 0 is 0, also for x = −∞.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func divergenceTerms<S: RealScalar>(
    _ x: Span<S>, _ t: Span<S>, logOfTarget: Span<S>, into terms: consuming MutableSpan<S>
  ) {
    requireShape("divergenceTerms: t", t.count, x.count)
    requireShape("divergenceTerms: logOfTarget", logOfTarget.count, x.count)
    requireShape("divergenceTerms: terms", terms.count, x.count)
    for index in x.indices {
      // The comparison is false for NaN, which remains one.
      let isZero = t[index] == 0 && x[index] < .infinity
      terms[index] = isZero ? 0 : t[index] * (logOfTarget[index] - x[index])
    }
  }

  /// losses = −p t ln σ(x) − (1 − t) ln(1 − σ(x)), gradient = scale ∂losses/∂x, for rows of as many
  /// elements as p has, from both logarithms and their slopes: the losses of the answers 1 and 0.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func weightAnswers<S: RealScalar>(
    _ t: Span<S>, positiveWeights p: Span<S>, scale: Double,
    lossOfOne: Span<S>, slopeOfOne: Span<S>, lossOfZero: Span<S>, slopeOfZero: Span<S>,
    losses: consuming MutableSpan<S>, gradient: consuming MutableSpan<S>
  ) {
    requireShape("weightAnswers: losses", losses.count, t.count)
    requireShape("weightAnswers: gradient", gradient.count, t.count)
    let scale = S(scale)
    var column = 0
    for index in t.indices {
      let positive = p[column] * t[index]
      let negative = 1 - t[index]
      losses[index] =
        (positive == 0 ? 0 : positive * lossOfOne[index])
        + (negative == 0 ? 0 : negative * lossOfZero[index])
      gradient[index] = scale * (positive * slopeOfOne[index] + negative * slopeOfZero[index])
      column = column + 1 == p.count ? 0 : column + 1
    }
  }

  /// rank[r] = how many elements of the row are before that of the label in descending order, where
  /// NaN is the largest and of equal elements the first is before the others; −1 where the label is
  /// the ignored one.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func ranks<S: RealScalar>(
    of labels: [Int], ignoring ignored: Int?, in x: Span<S>, columns: Int
  ) -> [Int] {
    requireShape("ranks: x", x.count, labels.count, columns)
    requireIndices(labels, ignoring: ignored, below: columns, "label", of: "classes")
    var ranks = [Int](repeating: -1, count: labels.count)
    for (row, label) in labels.enumerated() where label != ignored {
      let first = row * columns
      let own = x[first + label]
      var rank = 0
      // The negated comparisons are true for NaN.
      for column in 0..<label {
        let other = x[first + column]
        if own.isNaN ? other.isNaN : !(other < own) { rank += 1 }
      }
      for column in label + 1..<columns where !own.isNaN && !(x[first + column] <= own) {
        rank += 1
      }
      ranks[row] = rank
    }
    return ranks
  }
}
