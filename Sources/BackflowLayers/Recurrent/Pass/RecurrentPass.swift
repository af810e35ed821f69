internal import BackflowKernels
public import BackflowLinearAlgebra

// One layer in one direction over a whole sequence, except for the equations of the cell. The
// products of the backward pass other than those with the recurrent weight are computed for all
// steps at once, after the loop.

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
    let layout = Self.layout
    let columns = layout.gates * hiddenSize
    var a = Tensor<Scalar>.sequence(time, batch, columns, cache.active)
    var u =
      layout.separatesProducts ? Tensor<Scalar>.sequence(time, batch, columns, cache.active) : nil
    var hidden = CarriedGradient(finalStateGradient.hidden, time: time, traced: traced)
    var cellState = finalStateGradient.cellState.map {
      CarriedGradient($0, time: time, traced: traced)
    }
    var scratch =
      layout.scratch > 0
      ? Tensor<Scalar>(uninitialized: [1, batch, layout.scratch * hiddenSize]) : nil
    let gateGradient = a.view(time: time)
    let (recurrentWeight, keptWeight) = packedRecurrentWeights(transposed: false)
    stepBack(
      BackwardPass(
        outputGradient: outputGradient.readingView(), gateGradient: gateGradient,
        productGradient: u?.view(time: time) ?? gateGradient,
        hiddenGradient: hidden.entries.carryingView(time: time), gates: cache.gates.readingView(),
        hidden: cache.hidden.readingView(after: cache.initialState.hidden),
        recurrentWeight: recurrentWeight,
        cellSpecific: .init(
          cellStateGradient: cellState?.entries.carryingView(time: time),
          cellState: cache.cellState?.readingView(after: cache.initialState.cellState),
          kept: cache.kept?.readingView(), scratch: scratch?.carryingView(time: time),
          keptWeight: keptWeight),
        schedule: BatchSchedule(cache.active, gates: layout.gates, hiddenSize: hiddenSize)))

    let products = u ?? a
    let biasGradient = weights.hasBias ? a.asRows.sum(axis: 0) : nil
    var gradients = self
    gradients.weights = GateWeights(
      input: matmul(a.transposed, cache.input),
      recurrent: recurrentWeightGradient(products, cache), inputBias: biasGradient,
      recurrentBias: weights.hasBias ? u.map { $0.asRows.sum(axis: 0) } ?? biasGradient : nil)
    return (
      matmul(a, weights.input), State(hidden: hidden.initial, cellState: cellState?.initial),
      gradients,
      traced
        ? BackwardTrace(
          outputGradient, products,
          states: [hidden.entries] + (cellState.map { [$0.entries] } ?? []))
        : nil
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

  /// Returns W̄_hh, [G·H, H], which is Σ_t ū_t h_{t−1}ᵀ, or Σ_t ū_t s_tᵀ for the gates that
  /// multiply the kept numbers s_t.
  private func recurrentWeightGradient(
    _ productGradient: Tensor<Scalar>, _ cache: Cache
  ) -> Tensor<Scalar> {
    let h0 = cache.initialState.hidden
    guard let kept = cache.kept, Self.layout.gatesOfKept > 0 else {
      return BackflowLayers.recurrentWeightGradient(productGradient, cache.hidden, h0)
    }
    let (previous, last) = Self.layout.products
    func part(_ gates: Range<Int>) -> Tensor<Scalar> {
      productGradient.slice(gates.lowerBound * hiddenSize..<gates.upperBound * hiddenSize, axis: 2)
    }
    return .concatenate([
      BackflowLayers.recurrentWeightGradient(part(previous), cache.hidden, h0),
      matmul(part(last).transposed, kept),
    ])
  }
}
