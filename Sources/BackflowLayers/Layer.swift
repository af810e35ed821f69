public import BackflowLinearAlgebra

/// A differentiable function of one tensor, with its backward pass written out.
///
/// `forward` returns the output and a cache; `backward` reads the cache and the gradient of the
/// loss with respect to the output, and returns the gradients with respect to the input and the
/// parameters. Neither changes the layer.
public protocol Layer<Scalar>: Parameterized {
  /// The values of the forward pass that the backward pass reads.
  associatedtype Cache: Sendable

  /// The layer prepared for serving. The default is the layer itself.
  associatedtype Prepared: PreparedLayer<Scalar> = UnpackedLayer<Self>

  /// Returns the output in evaluation mode, and the cache for `backward`.
  func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache)

  /// Returns the output, and the cache for `backward`. Only layers that behave differently in
  /// training (dropout, batch normalization, and containers) implement this method.
  func forward(_ input: Tensor<Scalar>, _ mode: Mode) -> (output: Tensor<Scalar>, cache: Cache)

  /// Returns the output in evaluation mode, without a cache. The default releases the cache of
  /// `forward`.
  func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar>

  /// Returns the layer prepared for serving: with its weights in the layout in which products read
  /// them. See `PreparedLayer`. A model of layers in a row returns that of a `Sequential` of them:
  ///
  ///     func prepared() -> PreparedSequential<Scalar> {
  ///       Sequential<Scalar> { first; ReLU(); second }.prepared()
  ///     }
  func prepared() -> Prepared

  /// Returns the shape of the output for an input of this shape, or throws an error if it does not
  /// fit. The default is `nil`, for unknown; then a server cannot check requests before it runs the
  /// layers after this one.
  func outputShape(for input: Shape) throws(RequestError) -> Shape?

  /// Throws an error that names an element of a request that the layer cannot take. The default
  /// takes every finite element. Containers ask their first layer only, so a model that does not
  /// begin with its `Embedding` implements this method.
  func checkElements(of request: Tensor<Scalar>) throws(RequestError)

  /// Returns the number of multiply-adds in the products of a forward pass for an input of this
  /// shape. The default is `nil`, for unknown.
  func multiplyAdds(for input: Shape) -> Int?

  /// Updates running statistics, such as those of batch normalization, from a training pass. Most
  /// layers have none.
  mutating func updateBuffers(from cache: Cache)

  /// Returns the gradients of the loss with respect to the input and the parameters, given the
  /// gradient with respect to the output.
  func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Self)

  /// Returns the same gradients, and passes `tracer` to the parts of a container.
  ///
  /// Only containers implement this method. Without it, an observer sees a container as one layer.
  /// See `BackwardTracer`.
  func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache, _ tracer: inout BackwardTracer<Scalar>
  ) -> (inputGradient: Tensor<Scalar>, gradients: Self)

  /// Returns the units of the nonlinearities in the forward pass. The default is none.
  func activations(in cache: Cache) -> [Activation<Scalar>]

  /// Returns the input of the forward pass, if the cache holds it and an observer should check it.
  /// The default is `nil`.
  func input(in cache: Cache) -> Tensor<Scalar>?

  /// Returns the running statistics of a normalization layer in the forward pass, with which an
  /// observer detects a wrong mode. The default is `nil`, for a layer without them.
  func normalization(in cache: Cache) -> NormalizationTrace?

  /// The effect of the layer on the backward signal. The default is `nil`, for unknown.
  /// `HealthMonitor.opaqueLayers` lists layers with an unknown effect and without activations.
  var signalKind: SignalKind? { get }
}

extension Layer {
  /// Returns the gradients without using the tracer, for a layer without parts.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache, _ tracer: inout BackwardTracer<Scalar>
  ) -> (inputGradient: Tensor<Scalar>, gradients: Self) { backward(outputGradient, cache) }

  /// No activations.
  public func activations(in cache: Cache) -> [Activation<Scalar>] { [] }

  /// `nil`.
  public func input(in cache: Cache) -> Tensor<Scalar>? { nil }

  /// `nil`.
  public func normalization(in cache: Cache) -> NormalizationTrace? { nil }

  /// `nil`.
  public var signalKind: SignalKind? { nil }

  /// Returns the output in evaluation mode, for every mode.
  public func forward(
    _ input: Tensor<Scalar>, _ mode: Mode
  ) -> (output: Tensor<Scalar>, cache: Cache) { forward(input) }

  /// Updates nothing.
  public mutating func updateBuffers(from cache: Cache) {}

  /// Returns the output in evaluation mode.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> { forward(input).output }

  /// `nil`.
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? { nil }

  /// `nil`.
  public func multiplyAdds(for input: Shape) -> Int? { nil }

  /// Throws an error that names the first element that is not finite, if there is one.
  public func checkElements(of request: Tensor<Scalar>) throws(RequestError) {
    try request.requireFiniteRequest()
  }
}

/// A layer without parameters. Its gradients are the layer itself.
///
///     struct Scale<Scalar: RealScalar>: ParameterlessLayer {
///       let factor: Scalar
///       func forward(_ x: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Shape) {
///         (factor * x, x.shape)
///       }
///       func inputGradient(_ outputGradient: Tensor<Scalar>, _ cache: Shape) -> Tensor<Scalar> {
///         factor * outputGradient
///       }
///     }
///
/// A layer for one precision alone, without the parameter, has `typealias Scalar = Float`.
public protocol ParameterlessLayer<Scalar>: Layer {
  /// Returns the gradient of the loss with respect to the input, given the gradient with respect to
  /// the output.
  func inputGradient(_ outputGradient: Tensor<Scalar>, _ cache: Cache) -> Tensor<Scalar>
}

extension ParameterlessLayer {
  /// Visits nothing.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {}

  /// Reads nothing.
  public func readParameters(under path: String?, _ read: ParameterReader<Scalar>) {}

  /// Returns the gradient of the loss with respect to the input.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Self) {
    (inputGradient(outputGradient, cache), self)
  }
}
