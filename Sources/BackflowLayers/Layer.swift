public import BackflowLinearAlgebra

/// A differentiable function of one tensor, with its backward pass written out.
///
/// `forward` returns the output and a cache; `backward` reads the cache and the gradient of the
/// loss with respect to the output, and returns the gradients with respect to the input and the
/// parameters. Neither changes the layer.
public protocol Layer<Scalar>: Parameterized {
  /// The values of the forward pass that the backward pass reads.
  associatedtype Cache: Sendable

  /// The output in evaluation mode, and the cache for `backward`.
  func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache)

  /// The output, and the cache for `backward`. Only layers that behave differently in training
  /// (dropout, batch normalization, and what contains them) implement this one.
  func forward(_ input: Tensor<Scalar>, _ mode: Mode) -> (output: Tensor<Scalar>, cache: Cache)

  /// Updates running statistics, such as those of batch normalization, from a training pass. Most
  /// layers have none.
  mutating func updateBuffers(from cache: Cache)

  /// The gradients of the loss with respect to the input and the parameters, from that with respect
  /// to the output.
  func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Self)

  /// The same gradients, with `tracer` handed on to the parts of a container.
  ///
  /// Only containers implement this one, because the tracer sees all else from outside; without it
  /// a container is one layer to an observer. See `BackwardTracer`.
  func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache, _ tracer: inout BackwardTracer<Scalar>
  ) -> (inputGradient: Tensor<Scalar>, gradients: Self)

  /// The units of the nonlinearities that the forward pass computed; by default none.
  func activations(in cache: Cache) -> [Activation<Scalar>]

  /// The input that the forward pass read, if the cache holds it and an observer should check it;
  /// by default `nil`.
  func input(in cache: Cache) -> Tensor<Scalar>?

  /// What the layer does to the backward signal; `nil`, the default, if it does not say. A layer
  /// that does not say and shows no activations either is listed as not looked at.
  var signalKind: SignalKind? { get }
}

extension Layer {
  /// The plain backward pass: a layer without parts has nothing to hand the tracer to.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache, _ tracer: inout BackwardTracer<Scalar>
  ) -> (inputGradient: Tensor<Scalar>, gradients: Self) { backward(outputGradient, cache) }

  /// None.
  public func activations(in cache: Cache) -> [Activation<Scalar>] { [] }

  /// `nil`.
  public func input(in cache: Cache) -> Tensor<Scalar>? { nil }

  /// `nil`.
  public var signalKind: SignalKind? { nil }

  /// The output in evaluation mode, whatever the mode.
  public func forward(
    _ input: Tensor<Scalar>, _ mode: Mode
  ) -> (output: Tensor<Scalar>, cache: Cache) { forward(input) }

  /// Updates nothing.
  public mutating func updateBuffers(from cache: Cache) {}

  /// The output in evaluation mode.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> { forward(input).output }
}

/// A layer without parameters. Its gradients are the layer itself.
public protocol ParameterlessLayer<Scalar>: Layer {
  /// The gradient of the loss with respect to the input, from that with respect to the output.
  func inputGradient(_ outputGradient: Tensor<Scalar>, _ cache: Cache) -> Tensor<Scalar>
}

extension ParameterlessLayer {
  /// Visits nothing.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {}

  /// The gradient of the loss with respect to the input.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Self) {
    (inputGradient(outputGradient, cache), self)
  }
}
