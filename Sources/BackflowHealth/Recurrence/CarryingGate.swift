internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// What multiplies the state of a cell elementwise from step to step: the forget gate of an LSTM,
/// the update gate of a GRU, or a constant, 1 minus the leak of a leaky cell.
///
/// It is recognized by its values, which are the elementwise factors of the derivative of a step.
/// The names of gates do not tell: the forget gate of a minimal gated unit multiplies what is new.
struct CarryingGate: Sendable, Equatable, Codable {
  /// The name of the gate, or `nil` for a constant.
  let name: String?
  /// The mean value over all units, steps and samples.
  @ExtendedReal private(set) var mean: Double

  /// The gate of a cell; `nil` if nothing is carried, or if the cell does not state its factors.
  ///
  /// - Complexity: O(G·H² + T·B·H).
  init?<Scalar: RealScalar>(_ cell: CellTrace<Scalar>) {
    guard cell.running.time > 0, cell.running[0] > 0 else { return nil }
    let step = cell.linearized(0, 0)
    let hidden = cell.output.shape[2]
    guard hidden > 0, step.stateSize >= hidden else { return nil }
    // The gradient with respect to the last tensor of the state, which is the whole state or c.
    var gradient = Tensor<Scalar>.zeros([step.stateSize])
    let last = step.stateSize - hidden..<step.stateSize
    gradient[last] = .ones([hidden])
    guard let carried = step.gradientPaths(gradient)?.carried[last] else { return nil }
    let gate = cell.activations.first {
      $0.gate != nil && $0.nonlinearity == .sigmoid && $0.output.rank == 3
        && $0.output[0..<1].slice(0..<1, axis: 1).slice($0.features, axis: 2).flattened == carried
    }
    if let gate {
      (name, mean) = (gate.gate, Self.mean(of: gate, cell.running))
    } else {
      let constant = carried[0..<1].sum()
      guard constant > 0, carried.max() == constant, carried.min() == constant else { return nil }
      (name, mean) = (nil, Double(constant))
    }
  }

  /// The mean over the running samples of all steps.
  private static func mean<Scalar: RealScalar>(
    of gate: Activation<Scalar>, _ running: ActiveSamples
  ) -> Double {
    var (sum, count) = (0.0, 0)
    for t in 0..<running.time where running[t] > 0 {
      let values = gate.output.select(t)[0..<running[t]].slice(gate.features, axis: 1)
      sum += Double(values.mean()) * Double(values.count)
      count += values.count
    }
    return sum / Double(count)
  }
}
