internal import BackflowKernels
public import BackflowLinearAlgebra

// One layer in one direction over a whole sequence, except for the equations of the cell. The
// products of the backward pass other than those with the recurrent weight are computed for a chunk
// of steps at once, after the chunk.

extension RecurrentCell {
  /// Returns the outputs of the cell for a sequence.
  ///
  /// - Parameters:
  ///   - input: x, [T, B, I].
  ///   - state: The state before the first step, [B, H] each.
  ///   - active: Which samples run at each step. The input must be finite where they do not;
  ///     `Recurrent` sets it to zero.
  /// - Returns: h_1 … h_T, [T, B, H], the state after the last step of each sample, and the cache
  ///   for `backward`.
  /// - Precondition: The arguments have these shapes.
  /// - Complexity: 2·T·B·G·H·(I + H) flops.
  @specialized(where Self == VanillaCell<Float>)
  @specialized(where Self == VanillaCell<Double>)
  @specialized(where Self == LeakyCell<Float>)
  @specialized(where Self == LeakyCell<Double>)
  @specialized(where Self == LSTMCell<Float>)
  @specialized(where Self == LSTMCell<Double>)
  @specialized(where Self == GRUCell<Float>)
  @specialized(where Self == GRUCell<Double>)
  @specialized(where Self == OriginalGRUCell<Float>)
  @specialized(where Self == OriginalGRUCell<Double>)
  public func forward(
    _ input: Tensor<Scalar>, from state: State, active: ActiveSamples
  ) -> (output: Tensor<Scalar>, finalState: State, cache: Cache) {
    var sequences = CellSequences(self, active, keepsAll: true)
    let finalState = PreparedCell(self).run(input, from: state, active, into: &sequences)
    return (
      sequences.hidden, finalState,
      Cache(
        input: input, initialState: state, gates: sequences.gates ?? sequences.hidden,
        hidden: sequences.hidden, cellState: sequences.cellState, kept: sequences.kept,
        active: active)
    )
  }

  /// Returns the gradients of a sequence by backpropagation through time (Werbos, Proc. IEEE 78,
  /// 1990).
  ///
  /// `stepBack` computes ā_t and ū_t, the gradients with respect to W_ih x_t and W_hh h_{t−1}. Then
  ///
  ///     x̄_t = W_ihᵀ ā_t
  ///     W̄_ih = Σ_t ā_t x_tᵀ     W̄_hh = Σ_t ū_t h_{t−1}ᵀ     b̄_ih = Σ_t ā_t     b̄_hh = Σ_t ū_t
  ///
  /// without the last two for a cell without biases.
  ///
  /// - Parameters:
  ///   - outputGradient: ȳ, the gradient with respect to the outputs, [T, B, H]. It is zero after
  ///     the last step of a sample.
  ///   - finalStateGradient: The gradient with respect to the final state, [B, H] each.
  ///   - cache: The cache of the forward pass.
  ///   - traced: Whether to return the gradients of each step. This does not change the bits of the
  ///     results.
  /// - Returns: The gradients with respect to the input, [T, B, I], the initial state, [B, H] each,
  ///   and the parameters, and the trace, which is `nil` unless `traced` is true.
  /// - Precondition: The gradients have these shapes.
  /// - Complexity: 4·T·B·G·H·(I + H) flops.
  @specialized(where Self == VanillaCell<Float>)
  @specialized(where Self == VanillaCell<Double>)
  @specialized(where Self == LeakyCell<Float>)
  @specialized(where Self == LeakyCell<Double>)
  @specialized(where Self == LSTMCell<Float>)
  @specialized(where Self == LSTMCell<Double>)
  @specialized(where Self == GRUCell<Float>)
  @specialized(where Self == GRUCell<Double>)
  @specialized(where Self == OriginalGRUCell<Float>)
  @specialized(where Self == OriginalGRUCell<Double>)
  public func backward(
    _ outputGradient: Tensor<Scalar>, finalStateGradient: State, _ cache: Cache,
    traced: Bool = false
  ) -> (
    inputGradient: Tensor<Scalar>, initialStateGradient: State, gradients: Self,
    trace: BackwardTrace<Scalar>?
  ) {
    require(
      outputGradient.shape == cache.hidden.shape,
      "\(Self.self): output gradient \(outputGradient.shape) instead of \(cache.hidden.shape)")
    require(
      cache.input.shape[2] == inputSize && cache.hidden.shape[2] == hiddenSize,
      "\(Self.self): a cache of another cell, with input \(cache.input.shape) and output"
        + " \(cache.hidden.shape)")
    weights.check(gates: Self.layout.gates, of: "\(Self.self)")
    let (time, batch) = (outputGradient.shape[0], outputGradient.shape[1])
    requireState(
      finalStateGradient, "\(Self.self): final state gradient", batch: batch, hidden: hiddenSize)
    let chunks = BackwardChunks(
      time: time, batch: batch, columns: Self.layout.gates * hiddenSize, keepsAll: traced)
    var sequences = BackwardSequences(self, finalStateGradient, cache.active, chunks)
    var pass = sequences.pass(of: self, outputGradient, cache, chunks)
    var weightGradients = GateWeightGradients(weights, Self.layout)
    for chunk in chunks.lastToFirst {
      pass.chunk = chunk
      stepBack(pass)
      weightGradients.add(
        chunk, gateGradient: sequences.gateGradient, productGradient: sequences.productGradient,
        cache)
    }
    var gradients = self
    gradients.weights = weightGradients.total()
    return (
      sequences.inputGradient, sequences.initialStateGradient(), gradients,
      traced ? sequences.trace(outputGradient) : nil
    )
  }

  /// Returns W_hh, or its transpose, for the gates that multiply h_{t−1} and for those that
  /// multiply the kept numbers.
  func packedRecurrentWeights(
    transposed: Bool
  ) -> (ofPrevious: PackedMatrix<Scalar>, ofKept: PackedMatrix<Scalar>?) {
    func packed(_ gates: Range<Int>) -> PackedMatrix<Scalar> {
      let rows = gates.count * hiddenSize
      return PackedMatrix(
        weights.recurrent.span.extracting(
          gates.lowerBound * hiddenSize * hiddenSize..<gates.upperBound * hiddenSize * hiddenSize),
        rows: rows, columns: hiddenSize, transposed: transposed)
    }
    let products = Self.layout.products
    return (packed(products.ofPrevious), products.ofKept.isEmpty ? nil : packed(products.ofKept))
  }
}
