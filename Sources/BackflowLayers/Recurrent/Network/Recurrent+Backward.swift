internal import BackflowKernels
public import BackflowLinearAlgebra

extension Recurrent {
  /// The gradients by the input and the parameters; see the three-valued `backward`.
  public func backward(
    _ outputGradient: Tensor<Cell.Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Cell.Scalar>, gradients: Recurrent) {
    let (inputGradient, _, gradients) = backward(
      outputGradient, finalStateGradient: nil, cache)
    return (inputGradient, gradients)
  }

  /// The gradients by the input [T, B, I], by the initial state of every cell, and by the
  /// parameters, from those by the output [T, B, D·H] and by the final states (zero if `nil`).
  ///
  /// Stops unless the output's gradient is [T, B, D·H] and every state's [B, H].
  ///
  /// What the output's gradient holds beyond a sample's length has no influence, and the input's
  /// gradient is zero there.
  public func backward(
    _ outputGradient: Tensor<Cell.Scalar>, finalStateGradient: [Cell.State]?, _ cache: Cache
  ) -> (
    inputGradient: Tensor<Cell.Scalar>, initialStateGradient: [Cell.State], gradients: Recurrent
  ) {
    let (inputGradient, initialStateGradient, gradients, _) = backward(
      outputGradient, finalStateGradient, cache, traced: false)
    return (inputGradient, initialStateGradient, gradients)
  }

  /// The gradients of the three-valued `backward`, to the same bits, and what flowed back through
  /// each cell: one trace a cell, layer by layer, forward before backward.
  ///
  /// The trace of a backward cell is that of the reversed sequence: its step 0 reads a sample's last
  /// input. With `lengths`, the rows of every trace are the samples longest first, and those of equal
  /// length in their order.
  ///
  /// Cost: beside that of `backward`, memory for T + 1 gradients by every state.
  public func tracedBackward(
    _ outputGradient: Tensor<Cell.Scalar>, finalStateGradient: [Cell.State]? = nil, _ cache: Cache
  ) -> (
    inputGradient: Tensor<Cell.Scalar>, initialStateGradient: [Cell.State], gradients: Recurrent,
    traces: [BackwardTrace<Cell.Scalar>]
  ) { backward(outputGradient, finalStateGradient, cache, traced: true) }

  /// Both passes; no traces unless `traced`.
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
      states = states.map { $0.gather(order.order) }
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
        // In front of those of the layers above.
        if let trace { traces.insert(trace, at: direction) }
        let forwardInTime = direction == 1 ? byInput.reversedInTime(cache.active) : byInput
        inputGradient = inputGradient.map { $0 + forwardInTime } ?? forwardInTime
      }
      gradient = inputGradient ?? gradient
      if layer > 0, dropout > 0 {
        gradient = Dropout(probability: dropout).inputGradient(gradient, cache.dropout[layer - 1])
      }
    }
    if let order = cache.lengths { states = states.map { $0.gather(order.rows) } }
    return (
      cache.lengths?.unsorted(gradient) ?? gradient, states,
      Recurrent(cells: gradients, dropout: dropout), traces
    )
  }
}
