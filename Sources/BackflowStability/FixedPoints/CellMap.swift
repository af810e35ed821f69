internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

/// A cell whose input is constant, or an affine function of its output: the map of the state to the
/// state after a step, by its equations.
///
///     W_ih x + W_hh h + biases = A h + U h + b + b_hh
///
/// with A = 0 for a constant input, and A = W_ih W_out for a read-out that is fed back.
struct CellMap: Sendable {
  let equations: CellEquations
  /// H
  let units: Int
  /// U = W_hh, [G·H, H].
  let recurrent: Tensor<Double>
  /// A, [G·H, H], or `nil` for zero.
  let feedback: Tensor<Double>?
  /// The input's part of the pre-activations that does not depend on h, b_ih included, [G·H].
  let inputBias: Tensor<Double>
  /// b_hh, [G·H].
  let recurrentBias: Tensor<Double>
  /// |W_ih| |x| + |b_ih|, [G·H], and |W_ih| |W_out|, against which rounding errors are measured.
  let inputMagnitude: Tensor<Double>
  let feedbackMagnitude: Tensor<Double>?
  /// The largest number of terms of a sum for an element of the pre-activations.
  let terms: Int

  /// - Parameters:
  ///   - input: x, [I], the part of the input that does not depend on h.
  ///   - readout: W_out, [I, H].
  init(
    _ weights: GateWeights<Double>, equations: CellEquations, input: Tensor<Double>,
    readout: Tensor<Double>? = nil
  ) {
    let rows = weights.recurrent.shape[0]
    (self.equations, units, recurrent) = (equations, weights.hiddenSize, weights.recurrent)
    feedback = readout.map { matmul(weights.input, $0) }
    inputBias = matvec(weights.input, input) + (weights.inputBias ?? .zeros([rows]))
    recurrentBias = weights.recurrentBias ?? .zeros([rows])
    let magnitude = weights.input.magnitude
    inputMagnitude =
      matvec(magnitude, input.magnitude) + (weights.inputBias?.magnitude ?? .zeros([rows]))
    feedbackMagnitude = readout.map { matmul(magnitude, $0.magnitude) }
    terms = weights.inputSize + units * (readout == nil ? 1 : 2) + 4
  }

  var isFinite: Bool {
    recurrent.isFinite && (feedback?.isFinite ?? true) && inputBias.isFinite
      && recurrentBias.isFinite
  }

  /// Returns the rows of gate k.
  func gate(_ k: Int, of rows: Tensor<Double>) -> Tensor<Double> {
    rows[k * units..<(k + 1) * units]
  }

  /// Returns U_k + A_k, [H, H].
  func weight(_ k: Int) -> Tensor<Double> {
    let own = gate(k, of: recurrent)
    return feedback.map { own + gate(k, of: $0) } ?? own
  }

  /// Returns the constant part of the pre-activations of gate k, [H].
  func bias(_ k: Int) -> Tensor<Double> { gate(k, of: inputBias + recurrentBias) }

  /// The largest |s_j| in a box about 0 that the map does not leave and that has all its fixed
  /// points, [S], or `nil` if none is known.
  ///
  /// A leaky cell with a bounded nonlinearity and a gated recurrent unit average h with numbers in
  /// (−1, 1). In an LSTM |h| ≤ 1, and |c| ≤ i̅ g̅/(1 − f̅) with the gates at their largest for
  /// |h| ≤ 1.
  var invariantBox: Tensor<Double>? {
    switch equations {
    case .leaky(let nonlinearity, let leak):
      nonlinearity == .relu || leak == 0 ? nil : .ones([units])
    case .gru, .originalGRU: .ones([units])
    case .lstm: .concatenate([.ones([units]), largestCellState])
    case .other: nil
    }
  }

  /// For an LSTM, the function that replaces c by i g/(1 − f) with the gates for h, the only c that
  /// rests. The box of c is that of the largest gates, and most of it is far from any such state.
  var restingState: (@Sendable (Tensor<Double>) -> Tensor<Double>)? {
    guard case .lstm = equations else { return nil }
    let (weights, biases, units) = ((0..<3).map(weight), (0..<3).map(bias), units)
    return { state in
      let h = state[0..<units]
      let a = (0..<3).map { matvec(weights[$0], h) + biases[$0] }
      // 1 − σ(a) = σ(−a), without cancellation.
      return .concatenate([h, sigmoid(a[0]) * tanh(a[2]) / sigmoid(-a[1])])
    }
  }

  private var largestCellState: Tensor<Double> {
    let largest = (0..<3).map { weight($0).magnitude.sum(axis: 1) }
    let (i, g) = (sigmoid(bias(0) + largest[0]), tanh(bias(2).magnitude + largest[2]))
    // 1 − σ(a) = σ(−a), without cancellation.
    return i * g / sigmoid(-(bias(1) + largest[1]))
  }
}

/// A recurrence that knows its equations, so that statements about all states follow.
protocol EquationsRecurrence: Recurrence {
  /// The map of one step.
  var cellMap: CellMap { get }
}

extension CellRecurrence: EquationsRecurrence {
  var cellMap: CellMap {
    CellMap(cell.weights, equations: cell.equations, input: firstInput)
  }
}

extension ClosedLoop: EquationsRecurrence {
  var cellMap: CellMap {
    CellMap(cell.weights, equations: cell.equations, input: bias, readout: readout)
  }
}
