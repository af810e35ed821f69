public import BackflowKernels
public import BackflowLinearAlgebra

/// Softmax along the last axis (PyTorch `Softmax(dim=-1)`).
///
///     y_i = eˣⁱ / Σ_j eˣʲ        x̄_i = y_i (ȳ_i − Σ_j ȳ_j y_j)
///
/// Each row is shifted by its maximum, so that nothing overflows. With a cross-entropy use
/// `softmaxCrossEntropy` instead, which takes the logits. Bridle, NIPS 1989.
///
/// Shapes: x and y [..., C]. Cache: y. Cost: O(count).
public struct Softmax<Scalar: RealScalar>: ParameterlessLayer {
  /// A softmax.
  public init() {}

  /// y, which is also the cache.
  ///
  /// - Precondition: x has at least one axis.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    let output = softmax(input)
    return (output, output)
  }

  /// y_i (ȳ_i − Σ_j ȳ_j y_j), of x's shape.
  ///
  /// - Precondition: ȳ has the shape of x.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ output: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    let rows = output.asRows.shape
    return combine(output, outputGradient, "Softmax") {
      VectorKernels.softmaxBackward($0, $1, rows: rows[0], columns: rows[1], into: $2)
    }
  }

  /// Returns the function as a stage of rows.
  public func prepared() -> PreparedRows<Scalar> {
    PreparedRows { x, columns, y in
      VectorKernels.softmax(x, rows: x.count / max(1, columns), columns: columns, into: y)
    }
  }

  /// Neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}
