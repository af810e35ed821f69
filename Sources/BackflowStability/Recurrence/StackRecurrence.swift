public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// All layers of a recurrent network with one direction, as one recurrence.
///
/// The state has the states of the layers one after another, such as (h, c) of layer 0, then (h, c)
/// of layer 1. Its Jacobian is block lower triangular, because layer l reads the output of layer
/// l − 1 at the same step:
///
///     ∂s^l_t = J^l ∂s^l_{t−1} + B^l ∂h^{l−1}_t
///
/// so that its exponents are those of the diagonal blocks, each along the trajectory of its layer.
public struct StackRecurrence<Cell: RecurrentCell<Double>>: Recurrence {
  private let network: Recurrent<Cell>
  private let sequence: Tensor<Double>
  /// s_0, [S].
  public let initialState: Tensor<Double>

  /// A network that reads a sequence.
  ///
  /// - Parameters:
  ///   - network: The network.
  ///   - sequence: The input of one sample, [T, I].
  ///   - initialState: s_0, [S], or `nil` for zero.
  /// - Precondition: The network has one direction, and the arguments have these shapes.
  public init(
    _ network: Recurrent<Cell>, reading sequence: Tensor<Double>,
    from initialState: Tensor<Double>? = nil
  ) {
    require(
      network.directionCount == 1,
      "StackRecurrence: a bidirectional network is no recurrence, because its second direction"
        + " starts at the end of the sequence")
    require(
      sequence.rank == 2 && sequence.shape[1] == network.inputSize,
      "StackRecurrence: a sequence \(sequence.shape) instead of [T, \(network.inputSize)]")
    let size = network.cells.reduce(0) { $0 + $1[0].stateSize }
    let state = initialState ?? .zeros([size])
    require(
      state.shape == [size],
      "StackRecurrence: an initial state \(state.shape) instead of [\(size)]")
    (self.network, self.sequence, self.initialState) = (network, sequence, state)
  }

  /// S, the sum over the layers.
  public var stateSize: Int { initialState.count }

  /// The elements of h of the last layer.
  public var outputRange: Range<Int> {
    let start = stateSize - layerSize
    return start..<start + network.hiddenSize
  }

  /// T
  public var stepLimit: Int? { sequence.shape[0] }

  /// Returns the states after the steps, [B, S].
  public func advance(_ states: Tensor<Double>, through steps: Range<Int>) -> Tensor<Double> {
    let input = sequence[steps].reshaped(to: [steps.count, 1, network.inputSize])
      .broadcast(to: [steps.count, states.shape[0], network.inputSize])
    let final = network.forward(input, .evaluation, initialState: layers(states)).finalState
    return .concatenate(final.map(\.rows), axis: 1)
  }

  /// Returns the steps of one trajectory with their derivatives.
  public func linearize(_ steps: Range<Int>, from state: Tensor<Double>) -> [RecurrenceStep] {
    let input = sequence[steps].reshaped(to: [steps.count, 1, network.inputSize])
    let cache = network.forward(
      input, .evaluation, initialState: layers(state.reshaped(to: [1, stateSize]))
    ).cache
    return (0..<steps.count).map { step in
      let derivatives = zip(network.cells, cache.cells).map { cells, caches in
        cells[0].linearized(step: step, sample: 0, caches[0])
      }
      return RecurrenceStep(
        state: .concatenate(cache.cells.map { $0[0].state(after: step) }),
        derivative: StackDerivative(layers: derivatives, hiddenSize: network.hiddenSize))
    }
  }

  private var layerSize: Int { network.cells[0][0].stateSize }

  private func layers(_ states: Tensor<Double>) -> [Cell.State] {
    network.cells.indices.map {
      Cell.State(rows: states.slice($0 * layerSize..<($0 + 1) * layerSize, axis: 1))
    }
  }
}

/// The derivative of one step of a stack of layers.
struct StackDerivative: StateDerivative {
  /// The derivatives of the layers, which have states of equal size.
  let layers: [LinearizedStep<Double>]
  /// H, the number of leading elements of a layer's state that the next layer reads.
  let hiddenSize: Int

  private var layerSize: Int { layers[0].stateSize }

  /// J, [S, S].
  var matrix: Tensor<Double> { multiply(.identity(layers.count * layerSize)) }

  /// Returns J V, layer by layer: J^l V^l + B^l (J V)^{l−1}_h.
  func multiply(_ vectors: Tensor<Double>) -> Tensor<Double> {
    var (results, output) = ([Tensor<Double>](), Tensor<Double>?.none)
    for (layer, part) in zip(layers, parts(vectors)) {
      results.append(layer.multiply(part, inputs: output))
      output = results[results.count - 1][0..<hiddenSize]
    }
    return .concatenate(results)
  }

  /// Returns Jᵀ D, from the last layer to the first: the gradient with respect to the input of a
  /// layer is added to that with respect to h of the layer below.
  func multiplyTransposed(_ gradients: Tensor<Double>) -> Tensor<Double> {
    var parts = parts(gradients)
    for index in layers.indices.reversed() {
      if index > 0 {
        let inputGradient = layers[index].multiplyTransposedInput(parts[index])
        parts[index - 1].replaceSlice(
          0..<hiddenSize, with: parts[index - 1][0..<hiddenSize] + inputGradient)
      }
      parts[index] = layers[index].multiplyTransposed(parts[index])
    }
    return .concatenate(parts)
  }

  private func parts(_ vectors: Tensor<Double>) -> [Tensor<Double>] {
    layers.indices.map { vectors[$0 * layerSize..<($0 + 1) * layerSize] }
  }
}
