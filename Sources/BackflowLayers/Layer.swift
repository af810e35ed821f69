public import BackflowLinearAlgebra

/// A differentiable function of one tensor, with its backward pass written out.
///
/// `forward` returns the output and the cache of what `backward` needs; `backward` reads the cache
/// and the gradient of the loss by the output, and returns the gradients by the input and by the
/// parameters. Neither changes the layer.
public protocol Layer<Scalar>: Parameterized {
  /// What the backward pass needs of the forward pass.
  associatedtype Cache: Sendable

  /// The output, and the cache for `backward`, as in evaluation.
  func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache)

  /// The output, and the cache for `backward`. Only layers that behave differently in training
  /// (dropout, batch normalisation, and what contains them) implement this one.
  func forward(_ input: Tensor<Scalar>, _ mode: Mode) -> (output: Tensor<Scalar>, cache: Cache)

  /// Takes over what a forward pass in training found out about the data, such as the running
  /// statistics of batch normalisation. Most layers have nothing to take over.
  mutating func updateBuffers(from cache: Cache)

  /// The gradients by the input and by the parameters, from the gradient by the output.
  func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Self)

  /// The same gradients, with `tracer` handed on to the parts of a container.
  ///
  /// Only containers implement this one, because the tracer sees all else from outside; without it a
  /// container is one layer to an observer. See `BackwardTracer`.
  func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache, _ tracer: inout BackwardTracer<Scalar>
  ) -> (inputGradient: Tensor<Scalar>, gradients: Self)

  /// The units of the nonlinearities that the forward pass computed; by default none.
  func activations(in cache: Cache) -> [Activation<Scalar>]

  /// The input that the forward pass read, if the cache holds it and an observer should check it; by
  /// default `nil`.
  func input(in cache: Cache) -> Tensor<Scalar>?

  /// What the layer does to the backward signal; `nil`, the default, if it does not say. A layer that does
  /// not say and shows no activations either is listed as not looked at.
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

  /// The same as in evaluation.
  public func forward(
    _ input: Tensor<Scalar>, _ mode: Mode
  ) -> (output: Tensor<Scalar>, cache: Cache) { forward(input) }

  /// Takes nothing over.
  public mutating func updateBuffers(from cache: Cache) {}

  /// The output alone, as in evaluation.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> { forward(input).output }
}

/// A layer without parameters; as its gradients it returns itself, which has nothing to be read.
public protocol ParameterlessLayer<Scalar>: Layer {
  /// The gradient by the input, from the gradient by the output.
  func inputGradient(_ outputGradient: Tensor<Scalar>, _ cache: Cache) -> Tensor<Scalar>
}

extension ParameterlessLayer {
  /// Visits nothing.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {}

  /// The gradient by the input, and no gradients by parameters.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Self) {
    (inputGradient(outputGradient, cache), self)
  }
}
