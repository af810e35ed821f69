internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The gradients with respect to the parameters of a cell, to which a backward pass adds those of
/// one chunk of steps after another.
///
///     W̄_ih = Σ_t ā_t x_tᵀ     W̄_hh = Σ_t ū_t h_{t−1}ᵀ     b̄_ih = Σ_t ā_t     b̄_hh = Σ_t ū_t
///
/// For the gates that multiply the kept numbers s_t, W̄_hh = Σ_t ū_t s_tᵀ.
struct GateWeightGradients<Scalar: RealScalar> {
  private let layout: CellLayout
  private let hiddenSize: Int
  private var input, previous: ProductSum<Scalar>
  private var kept: ProductSum<Scalar>?
  private var inputBias, recurrentBias: RowSum<Scalar>?

  /// Zeros.
  init(_ weights: GateWeights<Scalar>, _ layout: CellLayout) {
    (self.layout, hiddenSize) = (layout, weights.hiddenSize)
    let (ofPrevious, ofKept) = layout.products
    let columns = layout.gates * hiddenSize
    input = ProductSum(rows: columns, columns: weights.inputSize)
    previous = ProductSum(rows: ofPrevious.count * hiddenSize, columns: hiddenSize)
    if !ofKept.isEmpty {
      kept = ProductSum(rows: ofKept.count * hiddenSize, columns: hiddenSize)
    }
    if weights.hasBias {
      inputBias = RowSum(columns: columns)
      recurrentBias = layout.separatesProducts ? RowSum(columns: columns) : nil
    }
  }

  /// Adds the gradients of a chunk.
  ///
  /// - Parameters:
  ///   - gateGradient: ā_t of the entries, [entries, B, G·H].
  ///   - productGradient: ū_t of the entries, if it is not ā_t.
  mutating func add<State: RecurrentState>(
    _ chunk: StepChunk, gateGradient a: Tensor<Scalar>, productGradient: Tensor<Scalar>?,
    _ cache: RecurrentCache<State>
  ) where State.Scalar == Scalar {
    let (steps, entries) = (chunk.steps, chunk.entries)
    input.add(a.operand(entries).transposed, cache.input.operand(steps))
    inputBias?.add(a, entries)
    if let u = productGradient { recurrentBias?.add(u, entries) }

    let u = productGradient ?? a
    // ū of some gates, and where it has the steps of the chunk.
    func part(_ gates: Range<Int>) -> (u: Tensor<Scalar>, entries: Range<Int>) {
      if gates.count == layout.gates { return (u, entries) }
      let chunk = entries.count == u.shape[0] ? u : u[entries]
      let columns = gates.lowerBound * hiddenSize..<gates.upperBound * hiddenSize
      return (chunk.slice(columns, axis: 2), 0..<entries.count)
    }
    let (ofPrevious, ofKept) = layout.products
    // Two products for the first chunk, because one would need h_0 … in one tensor.
    let (uPrevious, own) = part(ofPrevious)
    let first = steps.lowerBound == 0 ? 1 : 0
    previous.add(
      uPrevious.operand(own.dropFirst(first)).transposed,
      cache.hidden.operand(steps.lowerBound + first - 1..<steps.upperBound - 1))
    if first == 1 {
      previous.add(
        uPrevious.operand(own.prefix(1)).transposed,
        cache.initialState.hidden.operand(0..<a.shape[1]))
    }
    if kept != nil, let keptNumbers = cache.kept {
      let (uKept, own) = part(ofKept)
      kept?.add(uKept.operand(own).transposed, keptNumbers.operand(steps))
    }
  }

  /// The gradients.
  func total() -> GateWeights<Scalar> {
    let bias = inputBias?.total()
    let recurrent = previous.total()
    return GateWeights(
      input: input.total(),
      recurrent: kept.map { .concatenate([recurrent, $0.total()]) } ?? recurrent,
      inputBias: bias, recurrentBias: recurrentBias?.total() ?? bias)
  }
}
