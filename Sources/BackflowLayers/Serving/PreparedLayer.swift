public import BackflowKernels
public import BackflowLinearAlgebra

/// A layer that is prepared for serving, or a model of such layers.
///
///     let served = model.prepared()                   // once
///     let output = try served.output(for: request)    // from any thread, any number of times
///
/// It is an immutable value, and copies share its memory. Later changes of the layer that it was
/// made from do not affect it. It computes what the layer computes in evaluation mode, up to
/// rounding, and keeps nothing for a backward pass.
///
/// A server with several requests at a time runs each of them on one thread; see
/// `Threads.withCount`.
public protocol PreparedLayer<Scalar>: Sendable {
  /// The element of the input and the output.
  associatedtype Scalar: RealScalar

  /// Returns the output in evaluation mode.
  ///
  /// - Precondition: The input has a shape that fits the layer. `output(for:)` throws instead.
  func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar>

  /// Returns the shape of the output for an input of this shape, or `nil` if the layer does not say
  /// it. See `Layer.outputShape(for:)`.
  func outputShape(for input: Shape) throws(RequestError) -> Shape?

  /// Throws an error that names an element of a request that the layer cannot take. See
  /// `Layer.checkElements(of:)`.
  func checkElements(of request: Tensor<Scalar>) throws(RequestError)
}

extension PreparedLayer {
  /// Returns the output for an input from outside the program, or throws an error that names what
  /// does not fit. A request never stops the process if every layer implements
  /// `outputShape(for:)`, as those of the library do.
  ///
  /// - Throws: `RequestError` if the shape does not fit or an element is not finite.
  /// - Complexity: One pass over the input, and the cost of the layer.
  public func output(for request: Tensor<Scalar>) throws(RequestError) -> Tensor<Scalar> {
    _ = try outputShape(for: request.shape)
    try checkElements(of: request)
    return self(request)
  }

  /// Throws an error that names the first element that is not finite, if there is one.
  public func checkElements(of request: Tensor<Scalar>) throws(RequestError) {
    try request.requireFiniteRequest()
  }
}

/// A layer for which there is nothing to prepare.
public struct UnpackedLayer<Base: Layer>: PreparedLayer {
  /// The element of the input and the output.
  public typealias Scalar = Base.Scalar

  /// The layer.
  public let base: Base

  /// Returns the output of the layer in evaluation mode.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> { base(input) }

  /// Returns what the layer returns.
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try base.outputShape(for: input)
  }

  /// Checks what the layer checks.
  public func checkElements(of request: Tensor<Scalar>) throws(RequestError) {
    try base.checkElements(of: request)
  }
}

extension Layer where Prepared == UnpackedLayer<Self> {
  /// Returns the layer as it is.
  public func prepared() -> UnpackedLayer<Self> { UnpackedLayer(base: self) }
}
