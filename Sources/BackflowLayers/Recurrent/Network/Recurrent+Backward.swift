internal import BackflowKernels
public import BackflowLinearAlgebra

extension Recurrent {
  /// Returns the gradients with respect to the input and the parameters, if the loss does not
  /// depend on the final state.
  public func backward(
    _ outputGradient: Tensor<Cell.Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Cell.Scalar>, gradients: Recurrent) {
    let (inputGradient, _, gradients) = backward(
      outputGradient, finalStateGradient: nil, cache)
    return (inputGradient, gradients)
  }

  /// Returns the gradients with respect to the input, the initial states and the parameters.
  ///
  /// - Parameters:
  ///   - outputGradient: The gradient with respect to the output, [T, B, D·H]. After the end of a
  ///     sample, it is ignored, and the gradient with respect to the input is zero.
  ///   - finalStateGradient: The gradient with respect to the final state of every cell, [B, H]
  ///     each, or `nil` for zeros.
  ///   - cache: The cache of the forward pass.
  /// - Precondition: The gradients have these shapes.
  public func backward(
    _ outputGradient: Tensor<Cell.Scalar>, finalStateGradient: [Cell.State]?, _ cache: Cache
  ) -> (
    inputGradient: Tensor<Cell.Scalar>, initialStateGradient: [Cell.State], gradients: Recurrent
  ) {
    let (inputGradient, initialStateGradient, gradients, _) = backward(
      outputGradient, finalStateGradient, cache, traced: false)
    return (inputGradient, initialStateGradient, gradients)
  }

  /// Returns the gradients of `backward`, with the same bits, and one trace for each cell, layer by
  /// layer, forward cells before backward cells.
  ///
  /// The trace of a backward cell is the trace of the reversed sequence: its step 0 reads the last
  /// input of a sample. After a pass with `lengths`, the rows of every trace are the samples in
  /// descending order of length. Samples of equal length are in the order of the batch.
  ///
  /// - Parameters:
  ///   - outputGradient: The gradient with respect to the output, [T, B, D·H].
  ///   - finalStateGradient: The gradient with respect to the final state of every cell, [B, H]
  ///     each, or `nil` for zeros.
  ///   - cache: The cache of the forward pass.
  /// - Precondition: The gradients have these shapes.
  /// - Complexity: That of `backward`, and memory for T + 1 gradients with respect to every state.
  public func tracedBackward(
    _ outputGradient: Tensor<Cell.Scalar>, finalStateGradient: [Cell.State]? = nil, _ cache: Cache
  ) -> (
    inputGradient: Tensor<Cell.Scalar>, initialStateGradient: [Cell.State], gradients: Recurrent,
    traces: [BackwardTrace<Cell.Scalar>]
  ) { backward(outputGradient, finalStateGradient, cache, traced: true) }

  /// Returns the gradients, and the traces if `traced` is true.
  private func backward(
    _ outputGradient: Tensor<Cell.Scalar>, _ finalStateGradient: [Cell.State]?, _ cache: Cache,
    traced: Bool
  ) -> (
    inputGradient: Tensor<Cell.Scalar>, initialStateGradient: [Cell.State], gradients: Recurrent,
    traces: [BackwardTrace<Cell.Scalar>]
  ) {
    let batch = cache.active.batch
    let (time, width) = (cache.active.counts.count, directionCount * hiddenSize)
    let found = outputGradient.shape
    require(
      found.rank == 3 && found[0] == time && found[1] == batch && found[2] == width,
      "\(Self.self): output gradient \(found) instead of [\(time), \(batch), \(width)]")
    var states = finalStateGradient ?? zeroState(batch: batch)
    require(
      states.count == cells.count * directionCount,
      "\(states.count) state gradients for \(cells.count * directionCount) cells")
    if let order = cache.lengths {
      for state in states {
        requireState(state, "final state gradient", batch: batch, hidden: hiddenSize)
      }
      states = states.map { $0.selectSamples(order.order) }
    }

    var gradient = cache.lengths?.sorted(outputGradient) ?? outputGradient
    var gradients = cells
    var traces: [BackwardTrace<Cell.Scalar>] = []
    for layer in cells.indices.reversed() {
      var inputGradient: Tensor<Cell.Scalar>?
      for (direction, cell) in cells[layer].enumerated() {
        let state = layer * directionCount + direction
        var part = gradient
        if directionCount == 2 {
          part = part.slice(direction * hiddenSize..<(direction + 1) * hiddenSize, axis: 2)
        }
        if direction == 1 { part = part.reversedInTime(cache.active) }
        let (byInput, byState, byParameters, trace) = cell.backward(
          part, finalStateGradient: states[state], cache.cells[layer][direction], traced: traced)
        states[state] = byState
        gradients[layer][direction] = byParameters
        // Before the traces of the layers above.
        if let trace { traces.insert(trace, at: direction) }
        let forwardInTime = direction == 1 ? byInput.reversedInTime(cache.active) : byInput
        inputGradient = inputGradient.map { $0 + forwardInTime } ?? forwardInTime
      }
      gradient = inputGradient ?? gradient
      if layer > 0, dropout > 0 {
        gradient = Dropout(probability: dropout).inputGradient(gradient, cache.dropout[layer - 1])
      }
    }
    if let order = cache.lengths { states = states.map { $0.selectSamples(order.rows) } }
    return (
      cache.lengths?.unsorted(gradient) ?? gradient, states,
      Recurrent(cells: gradients, dropout: dropout), traces
    )
  }
}
