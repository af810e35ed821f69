public import BackflowKernels
public import BackflowLinearAlgebra

/// What flowed back through one recurrent cell, step by step, for whoever watches gradients.
///
/// Shapes, by letter T time, B batch, H hidden, G gates (1 for a vanilla cell, 4 for an LSTM, 3 for
/// a GRU). Beyond a sample's last step its ȳ_t and ā_t are zero, and the gradient by its state is
/// that by its final state.
public struct BackwardTrace<Scalar: RealScalar>: Sendable {
  /// ȳ_t: the gradient by the outputs h_1 … h_T from above, [T, B, H]
  public let outputGradient: Tensor<Scalar>
  /// ā_t: the gradient by the pre-activations that the recurrent weight feeds, [T, B, G·H], in the
  /// order of its gates. Of a GRU that resets after the product it is (r̄, z̄, q̄).
  public let preactivationGradient: Tensor<Scalar>
  /// By tensor of the state (h, and c of an LSTM): the gradient that reaches it from later steps
  /// alone, [T + 1, B, H].
  ///
  /// Entry t belongs to the state after t steps: entry 0 is the gradient by the initial state, entry
  /// T that by the final state. What h_t gets from above, ȳ_t, is not in it.
  public let stateGradients: [Tensor<Scalar>]
  /// ‖ā_t‖ of every step. A backward pass takes it while ā_t is at hand, for ā is the largest of them.
  public let preactivationNorms: [Double]

  /// A trace of the gradients ȳ, ā and those by the states. Stops if their shapes do not fit together.
  public init(
    _ outputGradient: Tensor<Scalar>, _ preactivationGradient: Tensor<Scalar>,
    states stateGradients: [Tensor<Scalar>]
  ) {
    let size = preactivationGradient.shape.dropFirst().reduce(1, *)
    let norms = (0..<(preactivationGradient.shape.first ?? 0)).map {
      VectorKernels.norm(preactivationGradient.span.extracting($0 * size..<($0 + 1) * size))
    }
    self.init(outputGradient, preactivationGradient, norms: norms, states: stateGradients)
  }

  init(
    _ outputGradient: Tensor<Scalar>, _ preactivationGradient: Tensor<Scalar>, norms: [Double],
    states stateGradients: [Tensor<Scalar>]
  ) {
    let (y, a) = (outputGradient.shape, preactivationGradient.shape)
    require(
      y.rank == 3 && a.rank == 3 && a[0] == y[0] && a[1] == y[1]
        && stateGradients.allSatisfy { $0.shape == [y[0] + 1, y[1], y[2]] },
      "a trace of outputs \(y), pre-activations \(a) and states \(stateGradients.map(\.shape))")
    self.outputGradient = outputGradient
    self.preactivationGradient = preactivationGradient
    preactivationNorms = norms
    self.stateGradients = stateGradients
  }
}
