internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// The four, three, or one blocks of the weights of a cell, by the sums of their rows.
struct GateBlocks {
  let weights: GateWeights<Double>
  let inputBound: Double

  /// ‖U_k‖ row by row: the sums of the absolute values of the rows of W_hh for gate k.
  func recurrentSums(_ k: Int) -> [Double] { sums(weights.recurrent(gate: k)) }

  /// ‖W_k‖ u_max row by row.
  func inputSums(_ k: Int) -> [Double] {
    sums(weights.gates(k..<k + 1, of: weights.input)).map { $0 * inputBound }
  }

  /// b_ih + b_hh of gate k.
  func bias(_ k: Int) -> [Double] { weights.gates(k..<k + 1, of: weights.biasSum).elements }

  /// b_ih or b_hh of gate k, which is zero for a cell without biases.
  func bias(_ k: Int, of bias: Tensor<Double>?) -> [Double] {
    bias.map { weights.gates(k..<k + 1, of: $0).elements }
      ?? [Double](repeating: 0, count: weights.hiddenSize)
  }

  /// The range of W_k u + U_k h + b_k.
  func range(_ k: Int) -> GateRange {
    GateRange(center: bias(k), radius: zip(inputSums(k), recurrentSums(k)).map { $0 + $1 })
  }

  /// σ_max(U_k).
  func largestSingularValue(_ k: Int) throws(StabilityError) -> Double {
    try spectralNorm(of: weights.recurrent(gate: k))
  }

  private func sums(_ matrix: Tensor<Double>) -> [Double] {
    matrix.magnitude.sum(axis: 1).elements
  }
}

extension GateBlocks {
  /// Checks the weights and the bound of the input.
  init(
    _ weights: GateWeights<Double>, gates: Int, of cell: String, inputBound: Double?
  ) throws(StabilityError) {
    let weights = weights.with(gates: gates, of: cell)
    let tensors =
      [
        ("W_ih", weights.input), ("W_hh", weights.recurrent),
      ]
      + [("b_ih", weights.inputBias), ("b_hh", weights.recurrentBias)].compactMap { name, bias in
        bias.map { (name, $0) }
      }
    for (name, tensor) in tensors where !tensor.isFinite {
      throw .notFinite("\(name) of the \(cell)")
    }
    if let inputBound, !(inputBound >= 0 && inputBound.isFinite) {
      throw .inputBoundInvalid(inputBound)
    }
    (self.weights, self.inputBound) = (weights, inputBound ?? 0)
  }
}

/// Returns σ_max of a matrix.
func spectralNorm(of matrix: Tensor<Double>) throws(StabilityError) -> Double {
  try analyzing { () throws(LAPACKError) in try singularValues(of: matrix).first ?? 0 }
}
