public import BackflowKernels
public import BackflowLinearAlgebra

/// The logarithm of softmax along the last axis (PyTorch `LogSoftmax(dim=-1)`).
///
///     y_i = x_i − ln Σ_j eˣʲ        x̄_i = ȳ_i − eʸⁱ Σ_j ȳ_j
///
/// Bridle, NIPS 1989.
///
/// Shapes: x and y [..., C]. Cache: y. Cost: O(count).
public struct LogSoftmax<Scalar: RealScalar>: ParameterlessLayer {
  /// A log-softmax.
  public init() {}

  /// y, which is also the cache.
  ///
  /// - Precondition: x has at least one axis.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    let output = logSoftmax(input)
    return (output, output)
  }

  /// ȳ_i − eʸⁱ Σ_j ȳ_j, of x's shape.
  ///
  /// - Precondition: ȳ has the shape of x.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ output: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    let rows = output.asRows.shape
    return combine(output, outputGradient, "LogSoftmax") {
      VectorKernels.logSoftmaxBackward($0, $1, rows: rows[0], columns: rows[1], into: $2)
    }
  }

  /// Returns the function as a stage of rows.
  public func prepared() -> PreparedRows<Scalar> {
    PreparedRows { x, columns, y in
      VectorKernels.logSoftmax(x, rows: x.count / max(1, columns), columns: columns, into: y)
    }
  }

  /// Neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}
