internal import BackflowKernels
public import BackflowLinearAlgebra

// One layer in one direction over a whole sequence: what is not the equations of a cell. All products
// but that with the recurrent weight are done for all steps at once, before or after the loop.

extension RecurrentCell {
  /// Runs the cell over a sequence.
  ///
  /// - Parameters:
  ///   - input: x, [T, B, I].
  ///   - state: The state before the first step, [B, H] each.
  ///   - active: Which samples run at each step.
  /// - Returns: h_1 … h_T, [T, B, H]; the state after each sample's last step; the cache for `backward`.
  /// - Precondition: The shapes are these.
  /// - Complexity: 2·T·B·G·H·(I + H) flops.
  @specialized(where Self == VanillaCell<Float>)
  @specialized(where Self == VanillaCell<Double>)
  @specialized(where Self == LSTMCell<Float>)
  @specialized(where Self == LSTMCell<Double>)
  @specialized(where Self == GRUCell<Float>)
  @specialized(where Self == GRUCell<Double>)
  public func forward(
    _ input: Tensor<Scalar>, from state: State, active: ActiveSamples
  ) -> (output: Tensor<Scalar>, finalState: State, cache: Cache) {
    require(
      input.rank == 3 && input.shape[2] == inputSize,
      "\(Self.self): input \(input.shape) instead of [T, B, \(inputSize)]")
    requireState(state, "\(Self.self): state", batch: input.shape[1], hidden: hiddenSize)
    let layout = Self.layout
    func sequence(_ columns: Int) -> Tensor<Scalar> {
      .sequence(input.shape[0], input.shape[1], columns, active)
    }

    // W_ih x_t for every step at once; only W_hh h_{t−1} waits for the step before.
    var gates = matmul(input, weights.input.transposed)
    var hidden = sequence(layout.gatesBecomeOutput ? 0 : hiddenSize)
    if layout.gatesBecomeOutput { swap(&gates, &hidden) }
    var memory = sequence(state.memory == nil ? 0 : hiddenSize)
    var kept = sequence(layout.kept * hiddenSize)
    step(
      ForwardPass(
        gates: gates.sequenceView(), hidden: hidden.sequenceView(after: state.hidden),
        memory: memory.sequenceView(after: state.memory), kept: kept.sequenceView(),
        recurrentWeights: packedRecurrentWeights(transposed: true), bias: Bias(tensor: stepBias),
        schedule: BatchSchedule(active, gates: layout.gates, hiddenSize: hiddenSize)))

    let finalState = State(
      hidden: active.last(of: hidden, initial: state.hidden),
      memory: state.memory.map { active.last(of: memory, initial: $0) })
    return (
      hidden, finalState,
      Cache(
        input: input, initialState: state, gates: layout.gatesBecomeOutput ? hidden : gates,
        hidden: hidden, memory: state.memory == nil ? nil : memory, kept: kept, active: active)
    )
  }

  /// Runs the backward pass of a sequence: backpropagation through time (Werbos, Proc. IEEE 78, 1990).
  ///
  /// With ā_t the gradient with respect to W_ih x_t and ū_t that with respect to W_hh h_{t−1}, which
  /// `stepBack` finds:
  ///
  ///     x̄_t = W_ihᵀ ā_t     W̄_ih = Σ_t ā_t x_tᵀ     W̄_hh = Σ_t ū_t h_{t−1}ᵀ     b̄_ih = Σ_t ā_t     b̄_hh = Σ_t ū_t
  ///
  /// - Parameters:
  ///   - outputGradient: ȳ, the gradient with respect to the outputs, [T, B, H]; zero beyond a sample's
  ///     last step.
  ///   - finalStateGradient: The gradient with respect to the final state, [B, H] each.
  ///   - traced: Whether to return what flowed back at each step; the gradients are the same bits.
  /// - Returns: The gradients with respect to the input, [T, B, I], the initial state, [B, H] each, and
  ///   the parameters; and the trace, `nil` unless `traced`.
  /// - Precondition: The shapes are these.
  /// - Complexity: 4·T·B·G·H·(I + H) flops.
  @specialized(where Self == VanillaCell<Float>)
  @specialized(where Self == VanillaCell<Double>)
  @specialized(where Self == LSTMCell<Float>)
  @specialized(where Self == LSTMCell<Double>)
  @specialized(where Self == GRUCell<Float>)
  @specialized(where Self == GRUCell<Double>)
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
    let (time, batch) = (outputGradient.shape[0], outputGradient.shape[1])
    requireState(
      finalStateGradient, "\(Self.self): final state gradient", batch: batch, hidden: hiddenSize)
    let layout = Self.layout
    let columns = layout.gates * hiddenSize
    var a = Tensor<Scalar>.sequence(time, batch, columns, cache.active)
    var u = Tensor<Scalar>.sequence(
      time, batch, layout.separatesProducts ? columns : 0, cache.active)
    var hidden = CarriedGradient(finalStateGradient.hidden, time: time, traced: traced)
    var memory = finalStateGradient.memory.map { CarriedGradient($0, time: time, traced: traced) }
    var scratch = CarriedGradient<Scalar>(
      Tensor(uninitialized: [batch, layout.scratch * hiddenSize]), time: time, traced: false)
    let gateGradient = a.sequenceView()
    stepBack(
      BackwardPass(
        outputGradient: outputGradient.readingView(), gateGradient: gateGradient,
        productGradient: layout.separatesProducts ? u.sequenceView() : gateGradient,
        hiddenGradient: hidden.view(time: time),
        memoryGradient: memory?.view(time: time) ?? .none(time: time, batch: batch),
        gates: cache.gates.readingView(),
        hidden: cache.hidden.readingView(after: cache.initialState.hidden),
        memory: cache.memory?.readingView(after: cache.initialState.memory)
          ?? .none(time: time, batch: batch),
        kept: cache.kept.readingView(), scratch: scratch.view(time: time),
        recurrentWeights: packedRecurrentWeights(transposed: false),
        schedule: BatchSchedule(cache.active, gates: layout.gates, hiddenSize: hiddenSize)))

    let products = layout.separatesProducts ? u : a
    let biasGradient = a.asRows.sum(axis: 0)
    var gradients = self
    gradients.weights = GateWeights(
      input: matmul(a.transposed, cache.input),
      recurrent: recurrentWeightGradient(products, cache), inputBias: biasGradient,
      recurrentBias: layout.separatesProducts ? u.asRows.sum(axis: 0) : biasGradient)
    let states = [hidden.entries] + (memory.map { [$0.entries] } ?? [])
    return (
      matmul(a, weights.input), State(hidden: hidden.initial, memory: memory?.initial), gradients,
      traced ? BackwardTrace(outputGradient, products, states: states) : nil
    )
  }

  /// W_hh, or its transpose, by the products of the layout.
  func packedRecurrentWeights(transposed: Bool) -> [PackedMatrix<Scalar>] {
    Self.layout.products.map { product in
      let rows = product.gates.count * hiddenSize
      let weight =
        Self.layout.products.count == 1
        ? weights.recurrent : weights.gates(product.gates, of: weights.recurrent)
      return PackedMatrix(weight.span, rows: rows, columns: hiddenSize, transposed: transposed)
    }
  }

  /// W̄_hh, [G·H, H], by the products of the layout: Σ_t ū_t h_{t−1}ᵀ, or with what was kept.
  private func recurrentWeightGradient(
    _ productGradient: Tensor<Scalar>, _ cache: Cache
  ) -> Tensor<Scalar> {
    let parts = Self.layout.products.map { product in
      let range = product.gates.lowerBound * hiddenSize..<product.gates.upperBound * hiddenSize
      let u =
        Self.layout.products.count == 1 ? productGradient : productGradient.slice(range, axis: 2)
      return switch product.factor {
      case .kept: matmul(u.transposed, cache.kept)
      case .previousOutput:
        BackflowLayers.recurrentWeightGradient(u, cache.hidden, cache.initialState.hidden)
      }
    }
    return parts.count == 1 ? parts[0] : .concatenate(parts)
  }
}
