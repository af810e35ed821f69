internal import BackflowKernels
public import BackflowLinearAlgebra

/// A recurrent network that is prepared for serving: its weights are in the layout of the products,
/// and a pass keeps nothing for a backward pass.
///
///     let served = network.prepared()
///     let output = served(sequence)                          // [T, B, I] → [T, B, D·H]
///     var stream = served.stream(batch: 1)                   // shares the weights
///
/// It is an immutable value: any number of threads may call it at the same time, and copies share
/// the weights. Later changes of the network do not affect it.
///
/// Cost: the flops of the network's forward pass. Memory: that of the output; the outputs of the
/// layer before, if there are several; and less than 1 MB for each call. The preparation needs a
/// copy of the weights.
public struct PreparedRecurrent<Cell: RecurrentCell>: PreparedLayer {
  /// The element of the parameters.
  public typealias Scalar = Cell.Scalar

  let network: Recurrent<Cell>
  let cells: [[PreparedCell<Cell>]]

  init(_ network: Recurrent<Cell>) {
    self.network = network
    cells = network.cells.map { $0.map { PreparedCell($0) } }
  }

  /// I, the number of features of the input.
  public var inputSize: Int { network.inputSize }
  /// H, the number of units of each cell.
  public var hiddenSize: Int { network.hiddenSize }
  /// D, 1 or 2.
  public var directionCount: Int { network.directionCount }

  /// Returns a state of zeros for every cell, [B, H] each.
  public func zeroState(batch: Int) -> [Cell.State] { network.zeroState(batch: batch) }

  /// Returns the outputs of the last layer, [T, B, D·H], starting from a state of zeros.
  ///
  /// - Precondition: x has shape [T, B, I].
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    self(input, initialState: nil).output
  }

  /// Returns the outputs of the last layer, [T, B, D·H], and the state of every cell after its last
  /// step.
  ///
  /// - Parameters:
  ///   - input: x, [T, B, I].
  ///   - initialState: One state for each cell, [B, H] each, or `nil` for zeros.
  ///   - lengths: The number of steps of each sample, or `nil` if all samples have T steps; see
  ///     `Recurrent.forward`.
  /// - Precondition: x has shape [T, B, I], the states have shape [B, H], and the lengths are B
  ///   numbers in 0...T.
  public func callAsFunction(
    _ input: Tensor<Scalar>, initialState: [Cell.State]?, lengths: [Int]? = nil
  ) -> (output: Tensor<Scalar>, finalState: [Cell.State]) {
    let result = network.run(input, initialState: initialState, lengths: lengths) {
      $1
    } cell: { layer, direction, sequence, state, active in
      let prepared = cells[layer][direction]
      var sequences = CellSequences(prepared.cell, active, keepsAll: false)
      let finalState = prepared.run(sequence, from: state, active, into: &sequences)
      return (sequences.hidden, finalState)
    }
    return (result.output, result.finalState)
  }

  /// Returns the shape of the output, [T, B, D·H].
  ///
  /// - Throws: `RequestError` if the input is not [T, B, I].
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try network.outputShape(for: input)
  }

  /// Returns the outputs of the last layer and the final states for arguments from outside the
  /// program.
  ///
  /// - Throws: `RequestError` if a shape or a length does not fit or an element of the input is not
  ///   finite.
  public func output(
    for request: Tensor<Scalar>, initialState: [Cell.State]?, lengths: [Int]? = nil
  ) throws(RequestError) -> (output: Tensor<Scalar>, finalState: [Cell.State]) {
    _ = try outputShape(for: request.shape)
    let (time, batch) = (request.shape[0], request.shape[1])
    if let lengths, lengths.count != batch || !lengths.allSatisfy((0...time).contains) {
      throw .lengths(lengths, time: time, batch: batch)
    }
    if let initialState { try requireStates(initialState, batch: batch) }
    try request.requireFiniteRequest()
    return self(request, initialState: initialState, lengths: lengths)
  }

  private func requireStates(_ states: [Cell.State], batch: Int) throws(RequestError) {
    let cellCount = network.cells.count * directionCount
    if states.count != cellCount { throw .stateCount(found: states.count, expected: cellCount) }
    let expected: Shape = [batch, hiddenSize]
    for (index, state) in states.enumerated() {
      for tensor in state.tensors where tensor.shape != expected {
        throw .state(index: index, found: tensor.shape, expected: expected)
      }
    }
  }
}

extension Recurrent {
  /// Returns this network prepared for serving.
  public func prepared() -> PreparedRecurrent<Cell> { PreparedRecurrent(self) }

  /// Returns the outputs of the last layer, [T, B, D·H], starting from a state of zeros, without a
  /// cache.
  ///
  /// - Precondition: x has shape [T, B, I].
  public func callAsFunction(_ input: Tensor<Cell.Scalar>) -> Tensor<Cell.Scalar> {
    prepared()(input)
  }
}
