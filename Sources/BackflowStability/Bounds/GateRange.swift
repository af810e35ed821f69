internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

/// The values that the input of a gate's nonlinearity, W u + U h + b, can take over a box |u| ≤
/// u_max, |h| ≤ 1, for each unit.
struct GateRange {
  let lower: [Double]
  let upper: [Double]

  init(center: [Double], radius: [Double]) {
    lower = zip(center, radius).map { $0 - $1 }
    upper = zip(center, radius).map { $0 + $1 }
  }

  var units: Range<Int> { 0..<lower.count }

  // MARK: - A sigmoid

  /// The largest value of the gate.
  func gate(_ j: Int) -> Double { sigmoid(upper[j]) }
  /// The smallest value of the gate.
  func smallestGate(_ j: Int) -> Double { sigmoid(lower[j]) }
  /// 1 − the largest value, without cancellation.
  func complement(_ j: Int) -> Double { sigmoid(-upper[j]) }
  /// The largest slope σ (1 − σ) of the gate: ¼ unless the range excludes 0.
  func gateSlope(_ j: Int) -> Double {
    let x = smallestMagnitude(j)
    return sigmoid(x) * sigmoid(-x)
  }

  // MARK: - A tanh

  /// The largest absolute value of the candidate.
  func candidate(_ j: Int) -> Double { .tanh(max(lower[j].magnitude, upper[j].magnitude)) }
  /// The largest slope 1 − tanh² of the candidate: 1 unless the range excludes 0.
  func candidateSlope(_ j: Int) -> Double {
    let value = Double.tanh(smallestMagnitude(j))
    return (1 - value) * (1 + value)
  }

  private func smallestMagnitude(_ j: Int) -> Double { max(lower[j], -upper[j], 0) }
}

private func sigmoid(_ x: Double) -> Double { 1 / (1 + .exp(-x)) }

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
    do { return try singularValues(of: weights.recurrent(gate: k)).first ?? 0 } catch {
      throw .linearAlgebra(error)
    }
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
