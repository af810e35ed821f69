internal import BackflowKernels
public import BackflowLinearAlgebra

extension Recurrent: Layer {
  /// The values of the forward pass that `backward` reads.
  public struct Cache: Sendable {
    /// The caches of the cells, by layer and direction. The cache of a backward cell is that of the
    /// reversed sequence. After a pass with `lengths`, the rows are the samples in descending order
    /// of length. Samples of equal length are in the order of the batch.
    public let cells: [[Cell.Cache]]
    let dropout: [Dropout<Cell.Scalar>.Cache]
    let lengths: SequenceLengths?
    let active: ActiveSamples
  }

  /// Returns the outputs of the last layer, [T, B, D·H], starting from a state of zeros.
  public func forward(
    _ input: Tensor<Cell.Scalar>
  ) -> (output: Tensor<Cell.Scalar>, cache: Cache) { forward(input, .evaluation) }

  /// Returns the outputs of the last layer, [T, B, D·H], starting from a state of zeros.
  public func forward(
    _ input: Tensor<Cell.Scalar>, _ mode: Mode
  ) -> (output: Tensor<Cell.Scalar>, cache: Cache) {
    let (output, _, cache) = forward(input, mode, initialState: nil)
    return (output, cache)
  }

  /// Returns the outputs of the last layer, [T, B, D·H], and the state of every cell after its last
  /// step.
  ///
  /// - Parameters:
  ///   - input: x, [T, B, I].
  ///   - mode: Whether to drop units between layers.
  ///   - initialState: One state for each cell, [B, H] each, or `nil` for zeros.
  ///   - lengths: The number of steps of each sample, or `nil` if all samples have T steps. After
  ///     the end of a sample, the input is ignored, and the output is zero. The final state of a
  ///     sample is the state after its own last step. A backward cell starts at that step.
  /// - Precondition: x has shape [T, B, I], the states have shape [B, H], and the lengths are B
  ///   numbers in 0...T.
  public func forward(
    _ input: Tensor<Cell.Scalar>, _ mode: Mode = .evaluation, initialState: [Cell.State]?,
    lengths: [Int]? = nil
  ) -> (output: Tensor<Cell.Scalar>, finalState: [Cell.State], cache: Cache) {
    require(
      input.rank == 3 && input.shape[2] == inputSize,
      "\(Self.self): input \(input.shape) instead of [T, B, \(inputSize)]")
    let (time, batch) = (input.shape[0], input.shape[1])
    let order = lengths.map { SequenceLengths($0, time: time, batch: batch) }
    let active = order?.active(time: time) ?? .all(time: time, batch: batch)
    var states = initialState ?? zeroState(batch: batch)
    require(
      states.count == cells.count * directionCount,
      "\(states.count) states for \(cells.count * directionCount) cells")
    if let order {
      for state in states { requireState(state, "state", batch: batch, hidden: hiddenSize) }
      states = states.map { $0.selectSamples(order.order) }
    }

    var sequence = order?.sorted(input) ?? input
    var caches: [[Cell.Cache]] = []
    var dropoutCaches: [Dropout<Cell.Scalar>.Cache] = []
    for layer in cells.indices {
      if layer > 0, dropout > 0 {
        let (kept, cache) = Dropout(probability: dropout).forward(sequence, mode.part(layer))
        sequence = kept
        dropoutCaches.append(cache)
      }
      var (outputs, layerCaches): ([Tensor<Cell.Scalar>], [Cell.Cache]) = ([], [])
      for (direction, cell) in cells[layer].enumerated() {
        let state = layer * directionCount + direction
        let (output, finalState, cache) = cell.forward(
          direction == 1 ? sequence.reversedInTime(active) : sequence, from: states[state],
          active: active)
        states[state] = finalState
        outputs.append(direction == 1 ? output.reversedInTime(active) : output)
        layerCaches.append(cache)
      }
      sequence = outputs.count == 1 ? outputs[0] : .concatenate(outputs, axis: 2)
      caches.append(layerCaches)
    }
    if let order { states = states.map { $0.selectSamples(order.rows) } }
    return (
      order?.unsorted(sequence) ?? sequence, states,
      Cache(cells: caches, dropout: dropoutCaches, lengths: order, active: active)
    )
  }
}
