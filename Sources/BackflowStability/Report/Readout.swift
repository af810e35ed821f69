public import BackflowKernels
public import BackflowLinearAlgebra

/// A linear layer that reads the output of a recurrent layer, y = W_out h + b_out, and predicts its
/// next input.
public struct Readout: Sendable, Equatable {
  /// W_out, [I, H].
  public let weight: Tensor<Double>
  /// b_out, [I], or `nil` for zero.
  public let bias: Tensor<Double>?

  /// A read-out of these parameters.
  ///
  /// - Precondition: The weight has rank 2, and the bias as many elements as the weight has rows.
  public init(weight: Tensor<Double>, bias: Tensor<Double>? = nil) {
    require(
      weight.rank == 2 && (bias.map { $0.shape == [weight.shape[0]] } ?? true),
      "Readout: a weight \(weight.shape) and a bias \(bias?.shape ?? []) instead of [I, H] and [I]")
    (self.weight, self.bias) = (weight, bias)
  }
}
