internal import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

extension CellEquations {
  /// The gate that multiplies the state before the step, or `nil`: the forget gate of an LSTM, and
  /// the update gate z of both GRUs, which keeps the state where it is near 1.
  var keepingGate: Int? {
    switch self {
    case .lstm, .gru, .originalGRU: 1
    case .leaky, .other: nil
    }
  }
}

extension RecurrentCell<Double> {
  /// Returns the cell with a number added to the biases of the gate that keeps the state: the
  /// forget gate of an LSTM, and the update gate z of a GRU. A larger bias keeps more.
  ///
  /// Only b_ih changes.
  ///
  /// - Parameter shift: The number.
  /// - Throws: `CureError` if the cell has no such gate or no biases, or the shift is not finite.
  public func shiftingForgetBias(by shift: Double) throws(CureError) -> Self {
    guard let gate = equations.keepingGate else {
      throw .noKeepingGate("\(Self.self)".prefix { $0 != "<" }.description)
    }
    guard let bias = weights.inputBias else { throw .noBias }
    guard shift.isFinite else { throw .wantedNotFinite(quantity: "shift", shift) }
    let rows = gate * hiddenSize..<(gate + 1) * hiddenSize
    var result = self
    result.weights.inputBias?.replaceSlice(rows, with: bias[rows] + shift)
    return result
  }

  /// Returns the cell with the biases of the gate that keeps the state shifted so that, at the
  /// asymptotic rate of products of the Jacobian at the zero state and input, a gradient loses a
  /// factor in a wanted number of steps:
  ///
  ///     ρ(J_0)ⁿ = factor,   J_0 = ∂s_1/∂s_0 at s_0 = 0 and x_1 = 0
  ///
  /// The rate says nothing about the first steps of a J_0 that is far from normal, nor about other
  /// states, to which the cell moves unless the zero state is a fixed point.
  ///
  /// If the biases of each gate are equal and that of the candidate is zero, the eigenvalues of J_0
  /// are σ(b_f) + σ(b_i) σ(b_o) μ with μ of U_g, and zeros, in an LSTM, and σ(b_z) + (1 − σ(b_z))
  /// σ(b_r) μ with μ of U_n in a GRU (derived from the equations of the cells). Without a recurrent
  /// candidate, b_f = ln(r/(1 − r)) with r = factor^(1/n).
  ///
  /// - Parameters:
  ///   - steps: n, the wanted horizon in steps.
  ///   - factor: The factor, in 0 ..< 1.
  /// - Returns: The changed cell, and the shift.
  /// - Precondition: The factor is in 0 ..< 1.
  /// - Throws: `CureError` if no shift in ±40 gives the horizon, with the rates that are reached,
  ///   if the cell has no such gate or no biases, or if a parameter is not finite.
  /// - Complexity: The eigenvalues of J_0, [S, S], for each of 10 to 60 shifts.
  public func shiftingForgetBias(
    toHorizon steps: Double, factor: Double = 1e-6
  ) throws(CureError) -> (cell: Self, shift: Double) {
    require(factor > 0 && factor < 1, "shiftingForgetBias: the factor \(factor) is not in 0 ..< 1")
    guard steps > 0, steps.isFinite else { throw .notPositive(quantity: "horizon", steps) }
    try checkFinite()
    let search = BracketedSearch(
      quantity: "rate of a gradient at rest in nats per step", wanted: Double.log(factor) / steps,
      range: -40...40, step: 2)
    let shift = try search.solve(from: 0) { (shift) throws(CureError) in
      let cell = try shiftingForgetBias(by: shift)
      return (Double.log(try cell.spectralRadiusAtRest()), 0)
    }.point.argument
    return (try shiftingForgetBias(by: shift), shift)
  }

  /// Returns ρ(J_0), the spectral radius of the first step from the zero state without input.
  func spectralRadiusAtRest() throws(CureError) -> Double {
    let recurrence = CellRecurrence(self)
    let matrix = recurrence.linearize(0..<1, from: recurrence.initialState)[0].derivative.matrix
    do {
      return try spectralRadius(of: matrix)
    } catch {
      throw .stability(.linearAlgebra(error))
    }
  }
}
