internal import BackflowKernels
public import BackflowLinearAlgebra

/// A layer with a shortcut around it.
///
///     y = x + f(x)        x̄ = ȳ + f̄(ȳ)
///
/// with f̄ the backward pass of f. The gradient reaches x even where f passes none back. He, Zhang,
/// Ren and Sun, "Deep residual learning for image recognition", CVPR 2016.
///
/// Shapes: those of f, whose output has the shape of its input. Cache: that of f. Cost: that of f
/// and O(count). The names of the parameters of f start with "body.".
public struct Residual<Body: Layer>: Layer {
  /// The element of the parameters.
  public typealias Scalar = Body.Scalar
  /// f
  public var body: Body

  /// `body` with a shortcut around it.
  public init(_ body: Body) { self.body = body }

  /// y = x + f(x) in evaluation mode.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Body.Cache) { forward(input, .evaluation) }

  /// y = x + f(x).
  ///
  /// - Precondition: f keeps the shape.
  public func forward(
    _ input: Tensor<Scalar>, _ mode: Mode
  ) -> (output: Tensor<Scalar>, cache: Body.Cache) {
    let (change, cache) = body.forward(input, mode)
    require(
      change.shape == input.shape,
      "Residual: output \(change.shape) of \(Body.self) instead of \(input.shape), the input's shape"
    )
    return (input + change, cache)
  }

  /// y in evaluation mode, without a cache.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> { input + body(input) }

  /// Returns the layer with f prepared for serving.
  public func prepared() -> PreparedResidual<Body.Prepared> { PreparedResidual(body.prepared()) }

  /// x̄ = ȳ + f̄(ȳ).
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Body.Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Residual) {
    var tracer = BackwardTracer<Scalar>.off
    return backward(outputGradient, cache, &tracer)
  }

  /// x̄ = ȳ + f̄(ȳ), with the tracer handed to f as "body".
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Body.Cache, _ tracer: inout BackwardTracer<Scalar>
  ) -> (inputGradient: Tensor<Scalar>, gradients: Residual) {
    let (change, gradients) = tracer.backward(body, "body", outputGradient, cache)
    return (outputGradient + change, Residual(gradients))
  }

  /// Updates the running statistics of f from a training pass.
  public mutating func updateBuffers(from cache: Body.Cache) { body.updateBuffers(from: cache) }

  /// Visits the parameters of f under the prefix "body.".
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    body.visitParameters(under: "body", visit)
  }

  /// Reads the parameters of f under the prefix "body.".
  public func readParameters(under path: String?, _ read: ParameterReader<Scalar>) {
    body.readParameters(under: path.map { $0 + "body." }, read)
  }

  /// Visits the buffers of f under the prefix "body.".
  public mutating func visitBuffers(_ visit: ParameterVisitor<Scalar>) {
    body.visitBuffers(under: "body", visit)
  }

  /// Visits the counters of f under the prefix "body.".
  public mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    body.visitCounters(under: "body", visit)
  }

  /// Neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}
