public import BackflowLinearAlgebra

/// A layer that is not trained, such as the lower part of a network that was trained before.
///
///     y = f(x)        x̄ = f̄(ȳ), without gradients of the parameters
///
/// Its parameters are buffers: a checkpoint has them under the names of f, and an optimizer does
/// not. It runs in evaluation mode, and keeps its running statistics.
///
/// Shapes and cache: those of f. Cost: that of f, whose gradients are computed and released.
public struct Frozen<Body: Layer>: ParameterlessLayer {
  /// The element of the parameters.
  public typealias Scalar = Body.Scalar
  /// f
  public var body: Body

  /// `body`, without training.
  public init(_ body: Body) { self.body = body }

  /// y = f(x) in evaluation mode.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Body.Cache) { body.forward(input) }

  /// y in evaluation mode, without a cache.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> { body(input) }

  /// Returns f prepared for serving.
  public func prepared() -> Body.Prepared { body.prepared() }

  /// Returns what f returns.
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try body.outputShape(for: input)
  }

  /// Checks what f checks.
  public func checkElements(of request: Tensor<Scalar>) throws(RequestError) {
    try body.checkElements(of: request)
  }

  /// x̄ = f̄(ȳ).
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ cache: Body.Cache
  ) -> Tensor<Scalar> { body.backward(outputGradient, cache).inputGradient }

  /// Visits the parameters and the buffers of f under their names.
  public mutating func visitBuffers(_ visit: ParameterVisitor<Scalar>) {
    body.visitParameters(visit)
    body.visitBuffers(visit)
  }

  /// Visits the counters of f.
  public mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    body.visitCounters(visit)
  }

  /// Returns the units of f.
  public func activations(in cache: Body.Cache) -> [Activation<Scalar>] {
    body.activations(in: cache)
  }

  /// Returns the input of f.
  public func input(in cache: Body.Cache) -> Tensor<Scalar>? { body.input(in: cache) }

  /// The effect of f.
  public var signalKind: SignalKind? { body.signalKind }
}
