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
    var (caches, dropoutCaches): ([[Cell.Cache]], [Dropout<Cell.Scalar>.Cache]) = ([], [])
    let result = run(input, initialState: initialState, lengths: lengths) { layer, sequence in
      caches.append([])
      if layer == 0 || dropout == 0 { return sequence }
      let (kept, cache) = Dropout(probability: dropout).forward(sequence, mode.part(layer))
      dropoutCaches.append(cache)
      return kept
    } cell: { layer, direction, sequence, state, active in
      let (output, finalState, cache) = cells[layer][direction].forward(
        sequence, from: state, active: active)
      caches[layer].append(cache)
      return (output, finalState)
    }
    return (
      result.output, result.finalState,
      Cache(cells: caches, dropout: dropoutCaches, lengths: result.lengths, active: result.active)
    )
  }

  /// Runs the layers one after the other, and each cell in its direction.
  ///
  /// - Parameters:
  ///   - input: x, [T, B, I].
  ///   - initialState: One state for each cell, [B, H] each, or `nil` for zeros.
  ///   - lengths: The number of steps of each sample, or `nil` if all samples have T steps.
  ///   - between: Returns what a layer reads for what the layer before wrote.
  ///   - cell: Runs a cell over a sequence that is in its direction and order, and returns the
  ///     outputs and the final state.
  func run(
    _ input: Tensor<Cell.Scalar>, initialState: [Cell.State]?, lengths: [Int]?,
    between: (_ layer: Int, Tensor<Cell.Scalar>) -> Tensor<Cell.Scalar>,
    cell: (
      _ layer: Int, _ direction: Int, Tensor<Cell.Scalar>, Cell.State, ActiveSamples
    ) -> (output: Tensor<Cell.Scalar>, finalState: Cell.State)
  ) -> (
    output: Tensor<Cell.Scalar>, finalState: [Cell.State], active: ActiveSamples,
    lengths: SequenceLengths?
  ) {
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
    for layer in cells.indices {
      sequence = between(layer, sequence)
      var outputs: [Tensor<Cell.Scalar>] = []
      for direction in cells[layer].indices {
        let state = layer * directionCount + direction
        let (output, finalState) = cell(
          layer, direction, direction == 1 ? sequence.reversedInTime(active) : sequence,
          states[state], active)
        states[state] = finalState
        outputs.append(direction == 1 ? output.reversedInTime(active) : output)
      }
      sequence = outputs.count == 1 ? outputs[0] : .concatenate(outputs, axis: 2)
    }
    if let order { states = states.map { $0.selectSamples(order.rows) } }
    return (order?.unsorted(sequence) ?? sequence, states, active, order)
  }
}
