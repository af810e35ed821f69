// Each writes the losses of the samples, and `scale` times the gradient of their sum.
extension VectorKernels {
  /// A loss of each element; d = x − t.
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

  /// losses ← loss(x, t), gradient ← scale · ∂/∂x
  package static func elementwiseLoss<S: RealScalar>(
    _ loss: ElementwiseLoss, _ x: Span<S>, _ t: Span<S>, scale: Double,
    losses: consuming MutableSpan<S>, gradient: consuming MutableSpan<S>
  ) {
    requireCount(x.count, t.count)
    requireCount(x.count, losses.count)
    let count = x.count
    let routines = S._routines
    unsafe t.withUnsafeBufferPointer { t in
      let t = t.baseAddress
      unsafe write(x, &losses, &gradient) { x, losses, gradient in
        switch loss {
        case .squaredError:
          unsafe routines.vector.squaredError(count, scale, x, t, losses, gradient)
        case .sigmoidCrossEntropy:
          unsafe routines.vector.sigmoidCrossEntropy(count, scale, x, t, losses, gradient)
        case .huber(let delta):
          unsafe routines.vector.huber(count, S(delta), scale, x, t, losses, gradient)
        case .smoothL1(let beta):
          unsafe routines.vector.smoothL1(count, S(beta), scale, x, t, losses, gradient)
        }
      }
    }
  }

  /// losses[r] ← −Σ q ln softmax(logits[r]), q = (1 − smoothing)·onehot(label) + smoothing/columns;
  /// 0 where the label is the ignored one.
  package static func crossEntropy<S: RealScalar>(
    _ logits: Span<S>, labels: [Int], ignoring ignored: Int? = nil, columns: Int,
    smoothing: Double, scale: Double,
    losses: consuming MutableSpan<S>, gradient: consuming MutableSpan<S>
  ) {
    let rows = labels.count
    requireCount(rows * columns, logits.count)
    requireCount(rows, losses.count)
    let labels = columnIndices(labels, ignoring: ignored, columns: columns)
    unsafe write(logits, &losses, &gradient) { logits, losses, gradient in
      unsafe S._routines.vector.crossEntropy(
        rows, columns, smoothing, scale, logits, labels, losses, gradient)
    }
  }

  /// losses[r] ← −Σ q ln softmax(logits[r]), q = (1 − smoothing)·targets[r] + smoothing/columns
  package static func softCrossEntropy<S: RealScalar>(
    _ logits: Span<S>, targets: Span<S>, columns: Int, smoothing: Double, scale: Double,
    losses: consuming MutableSpan<S>, gradient: consuming MutableSpan<S>
  ) {
    let rows = losses.count
    requireCount(rows * columns, logits.count)
    requireCount(logits.count, targets.count)
    unsafe targets.withUnsafeBufferPointer { targets in
      unsafe write(logits, &losses, &gradient) { logits, losses, gradient in
        unsafe S._routines.vector.softCrossEntropy(
          rows, columns, smoothing, scale, logits, targets.baseAddress, losses, gradient)
      }
    }
  }

  /// losses[r] ← Σ max(0, margin − x[r, label] + x[r, i]) / columns over i ≠ label, each squared if so
  /// asked
  package static func multiMargin<S: RealScalar>(
    _ scores: Span<S>, labels: [Int], columns: Int, margin: Double, squared: Bool, scale: Double,
    losses: consuming MutableSpan<S>, gradient: consuming MutableSpan<S>
  ) {
    let rows = labels.count
    requireCount(rows * columns, scores.count)
    requireCount(rows, losses.count)
    let labels = columnIndices(labels, columns: columns)
    unsafe write(scores, &losses, &gradient) { scores, losses, gradient in
      unsafe S._routines.vector.multiMargin(
        rows, columns, S(margin), squared ? 1 : 0, scale, scores, labels, losses, gradient)
    }
  }

  /// y[r] ← x[r, indices[r]]
  package static func gatherColumns<S: RealScalar>(
    _ x: Span<S>, _ indices: [Int], columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireCount(indices.count * columns, x.count)
    requireCount(indices.count, y.count)
    let indices = columnIndices(indices, columns: columns, "index", of: "columns")
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe S._routines.vector.gatherColumns(
          y.count, columns, x.baseAddress, indices, y.baseAddress)
      }
    }
  }

  /// y[r, indices[r]] ← values[r], and 0 elsewhere
  package static func scatterColumns<S: RealScalar>(
    _ values: Span<S>, _ indices: [Int], columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireCount(indices.count, values.count)
    requireCount(indices.count * columns, y.count)
    let indices = columnIndices(indices, columns: columns, "index", of: "columns")
    unsafe values.withUnsafeBufferPointer { values in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe S._routines.vector.scatterColumns(
          values.count, columns, values.baseAddress, indices, y.baseAddress)
      }
    }
  }

  /// y[r, c] ← weights[r] · x[r, c]
  package static func weightRows<S: RealScalar>(
    _ weights: Span<S>, _ x: Span<S>, columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireCount(weights.count * columns, x.count)
    requireCount(x.count, y.count)
    unsafe weights.withUnsafeBufferPointer { weights in
      unsafe x.withUnsafeBufferPointer { x in
        unsafe y.withUnsafeMutableBufferPointer { y in
          unsafe S._routines.vector.weightRows(
            weights.count, columns, weights.baseAddress, x.baseAddress, y.baseAddress)
        }
      }
    }
  }

  /// Runs a kernel that reads `x` and writes the losses and a gradient of x's size.
  private static func write<S: RealScalar>(
    _ x: Span<S>, _ losses: inout MutableSpan<S>, _ gradient: inout MutableSpan<S>,
    _ kernel: (UnsafePointer<S>?, UnsafeMutablePointer<S>?, UnsafeMutablePointer<S>?) -> Void
  ) {
    requireCount(x.count, gradient.count)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe losses.withUnsafeMutableBufferPointer { losses in
        unsafe gradient.withUnsafeMutableBufferPointer { gradient in
          unsafe kernel(x.baseAddress, losses.baseAddress, gradient.baseAddress)
        }
      }
    }
  }

  /// One column a row, as the kernels read them: −1 for the ignored one. Stops outside the columns.
  private static func columnIndices(
    _ indices: [Int], ignoring ignored: Int? = nil, columns: Int, _ name: String = "label",
    of columnName: String = "classes"
  ) -> [Int64] {
    for (row, index) in indices.enumerated() where index != ignored {
      require(
        index >= 0 && index < columns,
        "\(name) \(index) of row \(row) is outside the \(columns) \(columnName)")
    }
    return indices.map { $0 == ignored ? -1 : Int64($0) }
  }
}

extension VectorKernels {
  /// How many losses are above `minimum` while their slope is exactly zero.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func countFlat<S: RealScalar>(
    _ losses: Span<S>, slopes: Span<S>, above minimum: S
  ) -> Int {
    requireCount(losses.count, slopes.count)
    var count = 0
    for index in losses.indices where slopes[index] == 0 && losses[index] > minimum { count += 1 }
    return count
  }
}
