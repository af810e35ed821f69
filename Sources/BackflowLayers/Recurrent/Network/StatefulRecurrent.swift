internal import BackflowKernels
public import BackflowLinearAlgebra

/// A layer that begins a batch where the batch before has ended.
public protocol StatefulLayer<Scalar>: Layer {
  /// Sets the state to zeros, for batches of this many samples.
  mutating func resetState(batch: Int)
}

/// A recurrent network that carries its state from one batch to the next (Keras `stateful`), for
/// truncated backpropagation through time over `StreamWindows`.
///
///     var network = StatefulRecurrent(LSTM<Float>(inputSize: 64, hiddenSize: 128, using: &random))
///     network.resetState(batch: 32)
///     for window in windows {
///       let (y, cache) = network.forward(x(window))        // from the state of the window before
///       …
///       network.updateBuffers(from: cache)                 // the next window begins here
///     }
///
/// The gradient ends at the beginning of a batch. The states are buffers, so that a checkpoint has
/// them, and a training that resumes continues with the same bits. The parameters have the names of
/// the network, so that each reads the parameters in a checkpoint of the other.
///
/// Shapes, cache and cost: those of the network. A prepared layer begins with zeros.
public struct StatefulRecurrent<Cell: RecurrentCell>: StatefulLayer {
  /// The element of the parameters.
  public typealias Scalar = Cell.Scalar
  /// The network.
  public var network: Recurrent<Cell>
  /// The state with which the next batch begins, one for each cell, [B, H] each.
  public private(set) var state: [Cell.State]

  /// A network whose state is zero, for batches of `batch` samples.
  ///
  /// - Precondition: The network has one direction, because the second one begins at the end of a
  ///   batch, which is not known yet.
  public init(_ network: Recurrent<Cell>, batch: Int = 1) {
    require(
      network.directionCount == 1,
      "StatefulRecurrent: a network in both directions has no state"
        + " that a later batch can begin with")
    (self.network, state) = (network, network.zeroState(batch: batch))
  }

  /// The cache of the network, with the state after the last step.
  public struct Cache: Sendable {
    let network: Recurrent<Cell>.Cache
    let finalState: [Cell.State]
  }

  /// Sets the state of every cell to zeros.
  public mutating func resetState(batch: Int) { state = network.zeroState(batch: batch) }

  /// Returns the outputs from the state of the batch before, in evaluation mode.
  ///
  /// - Precondition: The batch has as many samples as the state.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache) {
    forward(input, .evaluation)
  }

  /// Returns the outputs from the state of the batch before.
  ///
  /// - Precondition: The batch has as many samples as the state.
  public func forward(
    _ input: Tensor<Scalar>, _ mode: Mode
  ) -> (output: Tensor<Scalar>, cache: Cache) {
    let (output, finalState, cache) = network.forward(input, mode, initialState: state)
    return (output, Cache(network: cache, finalState: finalState))
  }

  /// Makes the state after a batch that with which the next one begins.
  public mutating func updateBuffers(from cache: Cache) {
    network.updateBuffers(from: cache.network)
    state = cache.finalState
  }

  /// Returns the gradients of the network. That with respect to the state before the batch is left
  /// out.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: StatefulRecurrent) {
    var tracer = BackwardTracer<Scalar>.off
    return backward(outputGradient, cache, &tracer)
  }

  /// Returns the same gradients, and records every cell if the tracer is on.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache, _ tracer: inout BackwardTracer<Scalar>
  ) -> (inputGradient: Tensor<Scalar>, gradients: StatefulRecurrent) {
    let (inputGradient, gradients) = network.backward(outputGradient, cache.network, &tracer)
    var result = self
    result.network = gradients
    return (inputGradient, result)
  }

  /// Returns the network prepared for serving, which begins with zeros.
  public func prepared() -> Recurrent<Cell>.Prepared { network.prepared() }

  /// Returns what the network returns.
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try network.outputShape(for: input)
  }

  /// Returns what the network returns.
  public func multiplyAdds(for input: Shape) -> Int? { network.multiplyAdds(for: input) }

  /// The parameters of the network, under its names.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    network.visitParameters(visit)
  }

  /// Reads the parameters of the network.
  public func readParameters(under path: String?, _ read: ParameterReader<Scalar>) {
    network.readParameters(under: path, read)
  }

  /// The buffers of the network, and `state.0.h`, `state.0.c` and so on, one for each cell.
  public mutating func visitBuffers(_ visit: ParameterVisitor<Scalar>) {
    network.visitBuffers(visit)
    for index in state.indices {
      var tensors = state[index].tensors
      for (tensor, name) in zip(tensors.indices, ["h", "c"]) {
        visit("state.\(index).\(name)", &tensors[tensor])
      }
      state[index] = Cell.State(tensors: tensors)
    }
  }

  /// The counters of the network.
  public mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    network.visitCounters(visit)
  }

  /// Returns the input of the network.
  public func input(in cache: Cache) -> Tensor<Scalar>? { network.input(in: cache.network) }

  /// That of the network.
  public var signalKind: SignalKind? { network.signalKind }
}

extension Sequential {
  /// Sets the state of every layer that carries one to zeros, for batches of this many samples.
  public mutating func resetState(batch: Int) {
    for index in layers.indices {
      guard var layer = layers[index] as? any StatefulLayer<Scalar> else { continue }
      layer.resetState(batch: batch)
      layers[index] = layer
    }
  }
}
