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
  /// What the output's gradient holds beyond a sample's length has no influence, and the input's
  /// gradient is zero there.
  public func backward(
    _ outputGradient: Tensor<Cell.Scalar>, finalStateGradient: [Cell.State]?, _ cache: Cache
  ) -> (
    inputGradient: Tensor<Cell.Scalar>, initialStateGradient: [Cell.State], gradients: Recurrent
  ) {
    let batch = outputGradient.shape[1]
    var states = finalStateGradient ?? zeroState(batch: batch)
    require(
      states.count == cells.count * directionCount,
      "\(states.count) state gradients for \(cells.count * directionCount) cells")
    if let order = cache.lengths { states = states.map { $0.gather(order.order) } }

    var gradient = cache.lengths?.sorted(outputGradient) ?? outputGradient
    var gradients = cells
    for layer in cells.indices.reversed() {
      var inputGradient: Tensor<Cell.Scalar>?
      for (direction, cell) in cells[layer].enumerated() {
        let state = layer * directionCount + direction
        var part = gradient
        if directionCount == 2 {
          part = part.slice(direction * hiddenSize..<(direction + 1) * hiddenSize, axis: 2)
        }
        if direction == 1 { part = part.reversedInTime(cache.active) }
        let (byInput, byState, byParameters) = cell.backward(
          part, finalStateGradient: states[state], cache.cells[layer][direction])
        states[state] = byState
        gradients[layer][direction] = byParameters
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
      Recurrent(cells: gradients, dropout: dropout)
    )
  }
}
