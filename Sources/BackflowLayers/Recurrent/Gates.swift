internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Stops unless the parameters are those of a cell with this number of gates.
func requireGates<S>(
  _ gates: Int, _ name: String, _ inputWeight: Tensor<S>, _ recurrentWeight: Tensor<S>,
  _ inputBias: Tensor<S>, _ recurrentBias: Tensor<S>
) {
  let hidden = recurrentWeight.rank == 2 ? recurrentWeight.shape[1] : 0
  require(
    inputWeight.rank == 2 && inputWeight.shape[0] == gates * hidden
      && recurrentWeight.shape == [gates * hidden, hidden]
      && inputBias.shape == [gates * hidden] && recurrentBias.shape == inputBias.shape,
    "\(name): W_ih \(inputWeight.shape), W_hh \(recurrentWeight.shape), b_ih \(inputBias.shape)"
      + " and b_hh \(recurrentBias.shape) do not fit together")
}

extension Tensor {
  /// The weights of all gates, each drawn as a matrix of its own, one under the other.
  static func gates(
    _ count: Int, _ shape: Shape, _ weights: Initializer, using random: inout RandomSource
  ) -> Tensor {
    var parts: [Tensor] = []
    for _ in 0..<count { parts.append(weights(shape, using: &random)) }
    return concatenate(parts)
  }
}
