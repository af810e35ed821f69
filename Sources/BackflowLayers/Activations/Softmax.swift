public import BackflowKernels
public import BackflowLinearAlgebra

/// Softmax along the last axis (PyTorch `Softmax(dim=-1)`).
///
///     y_i = eˣⁱ / Σ_j eˣʲ        x̄_i = y_i (ȳ_i − Σ_j ȳ_j y_j)
///
/// Shifted by each row's maximum, so that nothing overflows. Before a cross-entropy use
/// `softmaxCrossEntropy`, which takes the logits. Bridle, NIPS 1989.
///
/// Shapes: x and y [..., C]. Cache: y. Cost: O(count).
public struct Softmax<Scalar: RealScalar>: ParameterlessLayer {
  /// A softmax.
  public init() {}

  /// y, which is also the cache. Stops at a scalar, which has no last axis.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    let output = softmax(input)
    return (output, output)
  }

  /// y_i (ȳ_i − Σ_j ȳ_j y_j), of x's shape. Stops at a ȳ of another.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ output: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    let rows = output.asRows.shape
    return combine(output, outputGradient, "Softmax") {
      VectorKernels.softmaxBackward($0, $1, rows: rows[0], columns: rows[1], into: $2)
    }
  }

  /// `.other`.
  public var signalKind: SignalKind? { .other }
}
