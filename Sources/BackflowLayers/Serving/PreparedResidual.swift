internal import BackflowKernels
public import BackflowLinearAlgebra

/// A `Residual` that is prepared for serving: y = x + f(x).
public struct PreparedResidual<Body: PreparedLayer>: PreparedLayer {
  /// The element of the input and the output.
  public typealias Scalar = Body.Scalar

  private let body: Body

  init(_ body: Body) { self.body = body }

  /// Returns y.
  ///
  /// - Precondition: The input has a shape that fits f, and f keeps it.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> { input + body(input) }

  /// Returns the shape of the input, which f must keep.
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try residualShape(input, of: body.outputShape(for: input))
  }
}
