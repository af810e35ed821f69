public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// A cell whose read-out is fed back as its input, as a network that has learned to predict the
/// next value of a signal runs on its own:
///
///     x_{t+1} = W_out h_t + b_out,   s_{t+1} = F(s_t, x_{t+1})
///     J = ∂F/∂s + ∂F/∂x [W_out, 0]
///
/// The exponents of the closed loop are those of the signal that the network generates; those of
/// the driven network (`CellRecurrence` along the signal) say whether it follows the signal
/// (Pathak, Lu, Hunt, Girvan and Ott, Chaos 27, 2017).
public struct ClosedLoop<Cell: RecurrentCell<Double>>: Recurrence {
  let cell: Cell
  let readout: Tensor<Double>
  let bias: Tensor<Double>
  /// s_0, [S].
  public let initialState: Tensor<Double>

  /// A cell with a read-out.
  ///
  /// - Parameters:
  ///   - cell: The cell.
  ///   - readout: W_out, [I, H].
  ///   - bias: b_out, [I], or `nil` for zero.
  ///   - initialState: s_0, [S], such as the state after the network has read a part of the
  ///     signal, or `nil` for zero.
  /// - Precondition: The arguments have these shapes.
  public init(
    _ cell: Cell, readout: Tensor<Double>, bias: Tensor<Double>? = nil,
    from initialState: Tensor<Double>? = nil
  ) {
    let (inputs, units) = (cell.inputSize, cell.hiddenSize)
    require(
      readout.shape == [inputs, units],
      "ClosedLoop: a read-out \(readout.shape) instead of [\(inputs), \(units)]")
    let bias = bias ?? .zeros([inputs])
    require(bias.shape == [inputs], "ClosedLoop: a bias \(bias.shape) instead of [\(inputs)]")
    let state = initialState ?? .zeros([cell.stateSize])
    require(
      state.shape == [cell.stateSize],
      "ClosedLoop: an initial state \(state.shape) instead of [\(cell.stateSize)]")
    (self.cell, self.readout, self.bias, self.initialState) = (cell, readout, bias, state)
  }

  /// S
  public var stateSize: Int { cell.stateSize }

  /// The elements of h.
  public var outputRange: Range<Int> { 0..<cell.hiddenSize }

  /// `nil`, because the loop has no input.
  public var stepLimit: Int? { nil }

  /// Returns the input that a state of the cell gives, [B, I].
  public func output(of states: Tensor<Double>) -> Tensor<Double> {
    matmul(states.slice(outputRange, axis: 1), readout.transposed) + bias
  }

  /// Returns the states after the steps, [B, S].
  public func advance(_ states: Tensor<Double>, through steps: Range<Int>) -> Tensor<Double> {
    steps.reduce(states) { states, _ in step(states).finalState.rows }
  }

  /// Returns the steps of one trajectory with their derivatives.
  public func linearize(_ steps: Range<Int>, from state: Tensor<Double>) -> [RecurrenceStep] {
    var state = state
    return steps.map { _ in
      let cache = step(state.reshaped(to: [1, stateSize])).cache
      state = cache.state(after: 0)
      return RecurrenceStep(
        state: state,
        derivative: ClosedLoopDerivative(
          cell: cell.linearized(step: 0, sample: 0, cache), readout: readout))
    }
  }

  /// Returns the gradients with respect to the state before the steps, by the cell's `backward`.
  public func pullBack(
    _ gradients: Tensor<Double>, through steps: Range<Int>, from state: Tensor<Double>
  ) -> Tensor<Double> {
    let batch = gradients.shape[1]
    var (caches, states) = ([Cell.Cache](), Tensor<Double>.zeros([batch, stateSize]) + state)
    for _ in steps {
      let (_, finalState, cache) = step(states)
      (caches, states) = (caches + [cache], finalState.rows)
    }
    let noGradient = Tensor<Double>.zeros([1, batch, cell.hiddenSize])
    let rows = caches.reversed().reduce(gradients.transpose()) { rows, cache in
      let result = cell.backward(
        noGradient, finalStateGradient: Cell.State(rows: rows), cache)
      var before = result.initialStateGradient.rows
      let fedBack = matmul(result.inputGradient.select(0), readout)
      before.replaceSlice(outputRange, axis: 1, with: before.slice(outputRange, axis: 1) + fedBack)
      return before
    }
    return rows.transpose()
  }

  private func step(_ states: Tensor<Double>) -> (
    output: Tensor<Double>, finalState: Cell.State, cache: Cell.Cache
  ) {
    let batch = states.shape[0]
    return cell.forward(
      output(of: states).reshaped(to: [1, batch, cell.inputSize]), from: Cell.State(rows: states),
      active: .all(time: 1, batch: batch))
  }
}

/// The derivative of one step of a closed loop.
struct ClosedLoopDerivative: StateDerivative {
  let cell: LinearizedStep<Double>
  /// W_out, [I, H].
  let readout: Tensor<Double>

  /// J, [S, S].
  var matrix: Tensor<Double> {
    var matrix = cell.stateMatrix
    let units = readout.shape[1]
    matrix.replaceSlice(
      0..<units, axis: 1,
      with: matrix.slice(0..<units, axis: 1) + matmul(cell.inputMatrix, readout))
    return matrix
  }

  /// Returns J V for V [S, K].
  func multiply(_ vectors: Tensor<Double>) -> Tensor<Double> {
    cell.multiply(vectors, inputs: matmul(readout, vectors[0..<readout.shape[1]]))
  }

  /// Returns Jᵀ D for D [S, K].
  func multiplyTransposed(_ gradients: Tensor<Double>) -> Tensor<Double> {
    let units = readout.shape[1]
    var result = cell.multiplyTransposed(gradients)
    let fedBack = matmul(readout.transposed, cell.multiplyTransposedInput(gradients))
    result.replaceSlice(0..<units, with: result[0..<units] + fedBack)
    return result
  }
}
