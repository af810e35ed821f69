public import BackflowKernels
public import BackflowLinearAlgebra

/// What flowed back through one recurrent cell, step by step.
///
/// Shapes, by letter T time, B batch, H hidden, G gates (1 for a vanilla cell, 4 for an LSTM, 3 for
/// a GRU). Beyond a sample's last step ȳ_t and ū_t are zero, and the gradient with respect to the
/// sample's state is that with respect to its final state.
public struct BackwardTrace<Scalar: RealScalar>: Sendable {
  /// ȳ_t: the gradient with respect to the outputs h_1 … h_T from the layers above, [T, B, H]
  public let outputGradient: Tensor<Scalar>
  /// ū_t: the gradient with respect to the products with the recurrent weight, [T, B, G·H], in the
  /// order of the gates. For a GRU it is (r̄, z̄, q̄).
  public let preactivationGradient: Tensor<Scalar>
  /// For each tensor of the state (h, and c of an LSTM) the gradient that reaches it from later steps
  /// alone, [T + 1, B, H].
  ///
  /// Entry t belongs to the state after t steps: entry 0 is the gradient with respect to the initial
  /// state, entry T that with respect to the final state. ȳ_t is not included.
  public let stateGradients: [Tensor<Scalar>]

  /// A trace of these gradients.
  ///
  /// - Precondition: The shapes are as above.
  public init(
    _ outputGradient: Tensor<Scalar>, _ preactivationGradient: Tensor<Scalar>,
    states stateGradients: [Tensor<Scalar>]
  ) {
    let (y, a) = (outputGradient.shape, preactivationGradient.shape)
    require(
      y.rank == 3 && a.rank == 3 && a[0] == y[0] && a[1] == y[1]
        && stateGradients.allSatisfy { $0.shape == [y[0] + 1, y[1], y[2]] },
      "a trace of outputs \(y), pre-activations \(a) and states \(stateGradients.map(\.shape))")
    self.outputGradient = outputGradient
    self.preactivationGradient = preactivationGradient
    self.stateGradients = stateGradients
  }

  /// ‖ū_t‖ of every step. Cost: O(T·B·G·H).
  public var preactivationNorms: [Double] {
    let size = preactivationGradient.shape.dropFirst().reduce(1, *)
    return (0..<preactivationGradient.shape[0]).map {
      VectorKernels.norm(preactivationGradient.span.extracting($0 * size..<($0 + 1) * size))
    }
  }
}
