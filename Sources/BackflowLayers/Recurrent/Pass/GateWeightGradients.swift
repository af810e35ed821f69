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
  private var input, previous, kept: ProductSum<Scalar>
  private var inputBias, recurrentBias: RowSum<Scalar>?

  /// Zeros.
  init(_ weights: GateWeights<Scalar>, _ layout: CellLayout) {
    (self.layout, hiddenSize) = (layout, weights.hiddenSize)
    let (ofPrevious, ofKept) = layout.products
    let columns = layout.gates * hiddenSize
    input = ProductSum(rows: columns, columns: weights.inputSize)
    previous = ProductSum(rows: ofPrevious.count * hiddenSize, columns: hiddenSize)
    kept = ProductSum(rows: ofKept.count * hiddenSize, columns: hiddenSize)
    if weights.hasBias {
      inputBias = RowSum()
      recurrentBias = layout.separatesProducts ? RowSum() : nil
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
    let (ofPrevious, ofKept) = layout.products
    func part(_ gates: Range<Int>) -> Tensor<Scalar> {
      if gates.count == layout.gates { return u }
      return u.slice(gates.lowerBound * hiddenSize..<gates.upperBound * hiddenSize, axis: 2)
    }
    // Two products for the first chunk, because one would need h_0 … in one tensor.
    let first = steps.lowerBound == 0 ? 1 : 0
    let ofPreviousState = part(ofPrevious)
    previous.add(
      ofPreviousState.operand(entries.dropFirst(first)).transposed,
      cache.hidden.operand(steps.lowerBound + first - 1..<steps.upperBound - 1))
    if first == 1 {
      previous.add(
        ofPreviousState.operand(entries.prefix(1)).transposed,
        cache.initialState.hidden.operand(0..<a.shape[1]))
    }
    if !ofKept.isEmpty, let keptNumbers = cache.kept {
      kept.add(part(ofKept).operand(entries).transposed, keptNumbers.operand(steps))
    }
  }

  /// The gradients.
  func total() -> GateWeights<Scalar> {
    let columns = layout.gates * hiddenSize
    let bias = inputBias?.total(columns: columns)
    let recurrent = previous.total()
    return GateWeights(
      input: input.total(),
      recurrent: layout.products.ofKept.isEmpty
        ? recurrent : .concatenate([recurrent, kept.total()]),
      inputBias: bias, recurrentBias: recurrentBias?.total(columns: columns) ?? bias)
  }
}

/// The sum of products A B of many parts.
private struct ProductSum<Scalar: RealScalar> {
  /// The sum of the last `terms` terms; undefined without terms.
  private var part: Tensor<Scalar>
  private var terms = 0
  /// The sum of the terms before those, if there were more than one running sum should have.
  private var completed: CompensatedSum<Scalar>?

  init(rows: Int, columns: Int) { part = Tensor(uninitialized: [rows, columns]) }

  mutating func add(_ a: MatrixOperand<Scalar>, _ b: MatrixOperand<Scalar>) {
    if terms > 0, terms + a.columns > BLAS.longestSumOfBlocks {
      if completed == nil { completed = CompensatedSum(count: part.count) }
      completed?.add(part.storage)
      terms = 0
    }
    matmul(a, b, into: &part, adding: terms > 0)
    terms += a.columns
  }

  func total() -> Tensor<Scalar> {
    if terms == 0 { return .zeros(part.shape) }
    guard var sum = completed else { return part }
    sum.add(part.storage)
    return Tensor(shape: part.shape, storage: sum.rounded())
  }
}

/// The sum of the rows of many parts.
private struct RowSum<Scalar: RealScalar> {
  /// The sums of the parts, [1, columns] each.
  private var sums: [Tensor<Scalar>] = []

  /// Adds the rows of these entries of a sequence [time, batch, columns].
  mutating func add(_ sequence: Tensor<Scalar>, _ entries: Range<Int>) {
    let (rowsEach, columns) = (sequence.shape[1], sequence.shape[2])
    var sum = Tensor<Scalar>(uninitialized: [1, columns])
    VectorKernels.sumRows(
      sequence.span.extracting(
        entries.lowerBound * rowsEach * columns..<entries.upperBound * rowsEach * columns),
      rows: entries.count * rowsEach, into: sum.mutableSpan)
    sums.append(sum)
  }

  /// Returns the sum, [columns].
  func total(columns: Int) -> Tensor<Scalar> {
    switch sums.count {
    case 0: .zeros([columns])
    case 1: sums[0].reshaped(to: [columns])
    default: Tensor.concatenate(sums).sum(axis: 0)
    }
  }
}
