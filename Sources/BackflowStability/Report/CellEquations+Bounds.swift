internal import BackflowLayers

extension CellEquations {
  /// sup φ′ of the nonlinearity of the only gate, or `nil` for other equations, of which one block
  /// of the weights proves nothing.
  var slopeBound: Double? {
    guard case .leaky(let nonlinearity, _) = self else { return nil }
    return nonlinearity.slopeBound
  }

  /// What the weights prove for inputs of at most `inputBound` in absolute value, or `nil` for
  /// other equations.
  func contraction(
    of weights: GateWeights<Double>, inputBound: Double?
  ) throws(StabilityError) -> ContractionReport? {
    switch self {
    case .leaky(let nonlinearity, let leak):
      guard leak > 0 else { return nil }
      return try .leaky(
        recurrentWeight: weights.recurrent, slopeBound: nonlinearity.slopeBound, leak: leak)
    case .lstm: return try .lstm(weights, inputBound: inputBound)
    case .gru: return try .gru(weights, reset: .afterProduct, inputBound: inputBound)
    case .originalGRU: return try .gru(weights, reset: .beforeProduct, inputBound: inputBound)
    case .other: return nil
    }
  }
}
