internal import BackflowKernels
public import BackflowLinearAlgebra

// The derivative of one step by backward steps, for cells that do not state it in factors.

extension RecurrentCell {
  /// Returns the derivative of one step, computed with S backward steps, one for each row.
  public func linearized(step: Int, sample: Int, _ cache: Cache) -> LinearizedStep<Scalar> {
    let rows = backwardStep(.diagonal(.ones([stateSize])), step: step, sample: sample, cache)
    return LinearizedStep(state: rows.state, input: rows.input)
  }

  /// Returns the Jacobian of one step, J = ∂s_t/∂s_{t−1}, [S, S], for the state s = (h, c …) of
  /// size S; see `linearized(step:sample:_:)`.
  public func stateJacobian(step: Int, sample: Int, _ cache: Cache) -> Tensor<Scalar> {
    linearized(step: step, sample: sample, cache).stateMatrix
  }

  /// Returns V J, [K, S], for K row vectors V, [K, S]. Each row is propagated back through one
  /// step, like a gradient: v ↦ Jᵀ v.
  ///
  /// This function does not form J; it calls the cell's `stepBack` for a batch of K.
  ///
  /// - Parameters:
  ///   - vectors: V, one vector of the state (h, c …) in each row.
  ///   - step: t, from 0.
  ///   - sample: A row of the cache; see `stateJacobian`.
  ///   - cache: The cache of the forward pass.
  /// - Precondition: The vectors have shape [K, S], and the sample has not ended before that step.
  /// - Complexity: 2·K·G·H² flops.
  public func multiplyTransposedJacobian(
    _ vectors: Tensor<Scalar>, step: Int, sample: Int, _ cache: Cache
  ) -> Tensor<Scalar> {
    backwardStep(vectors, step: step, sample: sample, cache).state
  }

  /// Returns V J, [K, S], and V B, [K, I], by one backward step of a batch of K.
  private func backwardStep(
    _ vectors: Tensor<Scalar>, step: Int, sample: Int, _ cache: Cache
  ) -> (state: Tensor<Scalar>, input: Tensor<Scalar>) {
    cache.active.requireRunning(sample, at: step)
    require(
      vectors.rank == 2 && vectors.shape[1] == stateSize,
      "\(Self.self): vectors \(vectors.shape) instead of [K, \(stateSize)]")
    let count = vectors.shape[0]
    func repeated(_ row: Tensor<Scalar>) -> Tensor<Scalar> {
      row.reshaped(to: [1, row.shape[row.rank - 1]]).selectRows(Array(repeating: 0, count: count))
    }
    func atStep(_ sequence: Tensor<Scalar>) -> Tensor<Scalar> {
      .stack([repeated(sequence.select(step)[sample..<sample + 1])])
    }
    let before = cache.state(before: step, sample: sample)
    let one = Cache(
      input: .zeros([1, count, inputSize]),
      initialState: State(
        hidden: repeated(before.hidden), cellState: before.cellState.map(repeated)),
      gates: atStep(cache.gates), hidden: atStep(cache.hidden),
      cellState: cache.cellState.map(atStep),
      kept: cache.kept.map(atStep), active: .all(time: 1, batch: count))
    let parts = (0..<State.tensorCount).map {
      vectors.slice($0 * hiddenSize..<($0 + 1) * hiddenSize, axis: 1)
    }
    let (input, gradient, _, _) = backward(
      .zeros([1, count, hiddenSize]), finalStateGradient: State(tensors: parts), one)
    return (.concatenate(gradient.tensors, axis: 1), input.select(0))
  }
}
