public import BackflowKernels
public import BackflowLinearAlgebra

/// The gradients at each step of one recurrent cell in a backward pass.
///
/// Shapes: T time, B batch, H hidden, G gates (1 for a vanilla cell, 4 for an LSTM, 3 for a GRU).
/// After the last step of a sample, ȳ_t and ū_t are zero, and the gradient with respect to the
/// sample's state is the gradient with respect to its final state.
public struct BackwardTrace<Scalar: RealScalar>: Sendable {
  /// ȳ_t, the gradient with respect to the outputs h_1 … h_T from the layers above, [T, B, H].
  public let outputGradient: Tensor<Scalar>
  /// ū_t, the gradient with respect to the products with the recurrent weight, [T, B, G·H], in the
  /// order of the gates. For a GRU it is (r̄, z̄, q̄).
  public let preactivationGradient: Tensor<Scalar>
  /// For each tensor of the state (h, and c of an LSTM), the part of the gradient that comes from
  /// later steps, [T + 1, B, H].
  ///
  /// Entry t belongs to the state after t steps: entry 0 is the gradient with respect to the
  /// initial state, and entry T the gradient with respect to the final state. ȳ_t is not included.
  public let stateGradients: [Tensor<Scalar>]

  /// A trace of these gradients.
  ///
  /// - Precondition: The gradients have the shapes of the properties.
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

  /// ‖ū_t‖ of every step.
  ///
  /// - Complexity: O(T·B·G·H).
  public var preactivationNorms: [Double] {
    let size = preactivationGradient.shape.dropFirst().reduce(1, *)
    return (0..<preactivationGradient.shape[0]).map {
      VectorKernels.norm(preactivationGradient.span.extracting($0 * size..<($0 + 1) * size))
    }
  }
}
