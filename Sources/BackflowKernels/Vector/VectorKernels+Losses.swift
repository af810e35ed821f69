// Each writes the loss of every sample, and `scale` times the gradient of their sum.
extension VectorKernels {
  /// A loss of each element, with d = x − t.
  package enum ElementwiseLoss {
    /// d²
    case squaredError
    /// −t ln σ(x) − (1 − t) ln(1 − σ(x))
    case sigmoidCrossEntropy
    /// ½d² for |d| ≤ δ, else δ(|d| − ½δ)
    case huber(delta: Double)
    /// ½d²/β for |d| < β, else |d| − ½β
    case smoothL1(beta: Double)
  }

  /// losses = loss(x, t), gradient = scale ∂losses/∂x.
  package static func elementwiseLoss<S: RealScalar>(
    _ loss: ElementwiseLoss, _ x: Span<S>, _ t: Span<S>, scale: Double,
    losses: consuming MutableSpan<S>, gradient: consuming MutableSpan<S>
  ) {
    switch loss {
    case .squaredError:
      squaredError(x, t, scale: scale, loss: losses, gradient: gradient)
    case .sigmoidCrossEntropy:
      sigmoidCrossEntropy(x, t, scale: scale, loss: losses, gradient: gradient)
    case .huber(let delta):
      huber(x, t, delta: S(delta), scale: scale, loss: losses, gradient: gradient)
    case .smoothL1(let beta):
      smoothL1(x, t, beta: S(beta), scale: scale, loss: losses, gradient: gradient)
    }
  }

  /// losses[r] = −Σ q ln softmax(logits[r]), q = (1 − smoothing) onehot(labels[r]) +
  /// smoothing/columns; 0 where the label is the ignored one.
  package static func crossEntropy<S: RealScalar>(
    _ logits: Span<S>, labels: [Int], ignoring ignored: Int? = nil, columns: Int,
    smoothing: Double, scale: Double,
    losses: consuming MutableSpan<S>, gradient: consuming MutableSpan<S>
  ) {
    requireIndices(labels, ignoring: ignored, below: columns, "label", of: "classes")
    let index = labels.map { $0 == ignored ? -1 : Int64($0) }
    crossEntropy(
      logits, index.span, columns: columns, smoothing: smoothing, scale: scale, loss: losses,
      gradient: gradient)
  }

  /// losses[r] = Σ max(0, margin − x[label] + x[i]) / columns over i ≠ label, with x = scores[r];
  /// each term is squared before the division if `squared`.
  package static func multiclassHinge<S: RealScalar>(
    _ scores: Span<S>, labels: [Int], columns: Int, margin: Double, squared: Bool, scale: Double,
    losses: consuming MutableSpan<S>, gradient: consuming MutableSpan<S>
  ) {
    requireIndices(labels, below: columns, "label", of: "classes")
    let index = labels.map { Int64($0) }
    multiclassHinge(
      scores, index.span, columns: columns, margin: S(margin), squared: squared, scale: scale,
      loss: losses, gradient: gradient)
  }

  /// Requires that each row's index is the ignored one or in `0..<count`.
  static func requireIndices(
    _ indices: [Int], ignoring ignored: Int? = nil, below count: Int, _ name: StaticString,
    of counted: StaticString
  ) {
    for (row, index) in indices.enumerated() where index != ignored {
      require(
        index >= 0 && index < count,
        "\(name) \(index) of row \(row) is outside the \(count) \(counted)")
    }
  }
}
