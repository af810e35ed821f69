public import BackflowKernels
public import BackflowLinearAlgebra

/// Layers in a row, each of which reads the output of the one before (PyTorch `Sequential`).
///
///     x_0 = x,   x_k = f_k(x_{k−1}),   y = x_K
///     x̄_{k−1} = x̄_k by f_k's backward pass, from the last layer to the first
///
/// Layers of any types with the same scalar are written as a list:
///
///     var model = Sequential<Float> {
///       Conv2D(inputChannels: 1, outputChannels: 8, kernelSize: 3, using: &random)
///       ReLU()
///       Flatten()
///       Dense(inputSize: 288, outputSize: 10, using: &random)
///     }
///
/// It is a value, like its layers. Parameters are called "0.weight", "3.bias". In training each
/// layer gets its own seed, `mode.part(k)`. Cache: the layers' caches. Cost: that of the layers,
/// and less than a microsecond for each, because their types are known only at run time.
public struct Sequential<Scalar: RealScalar>: Layer {
  /// The layers in forward order.
  public var layers: [any Layer<Scalar>]

  /// Layers in this order.
  public init(_ layers: [any Layer<Scalar>]) { self.layers = layers }

  /// The layers that the closure lists, in that order.
  public init(@LayerBuilder<Scalar> _ layers: () -> [any Layer<Scalar>]) { self.layers = layers() }

  /// What `backward` reads: one cache for each layer.
  public struct Cache: Sendable {
    /// The caches of the layers in forward order.
    public let caches: [any Sendable]
  }

  /// y in evaluation mode.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache) {
    forward(input, .evaluation)
  }

  /// y = f_K(… f_1(x)).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func forward(
    _ input: Tensor<Scalar>, _ mode: Mode
  ) -> (output: Tensor<Scalar>, cache: Cache) {
    var x = input
    var caches: [any Sendable] = []
    caches.reserveCapacity(layers.count)
    for k in layers.indices {
      let (output, cache) = erasedForward(layers[k], x, mode.part(k))
      x = output
      caches.append(cache)
    }
    return (x, Cache(caches: caches))
  }

  /// y in evaluation mode, without a cache.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    var x = input
    for layer in layers { x = layer(x) }
    return x
  }

  /// Returns the layers prepared for serving.
  public func prepared() -> PreparedSequential<Scalar> { PreparedSequential(layers) }

  /// x̄, and the gradients of every layer in its place.
  ///
  /// - Precondition: The cache is of these layers.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Sequential) {
    var tracer = BackwardTracer<Scalar>.off
    return backward(outputGradient, cache, &tracer)
  }

  /// Returns the same gradients, and passes the tracer to layer k with the name "k". Without it,
  /// each gradient between two layers is released as soon as the layer below has read it.
  ///
  /// - Precondition: The cache is of these layers.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache, _ tracer: inout BackwardTracer<Scalar>
  ) -> (inputGradient: Tensor<Scalar>, gradients: Sequential) {
    requireCaches(cache)
    var gradient = outputGradient
    var gradients = layers
    for k in layers.indices.reversed() {
      (gradient, gradients[k]) = erasedBackward(
        layers[k], "\(k)", gradient, cache.caches[k], &tracer)
    }
    return (gradient, Sequential(gradients))
  }

  /// Updates the running statistics of every layer from a training pass.
  ///
  /// - Precondition: The cache is of these layers.
  public mutating func updateBuffers(from cache: Cache) {
    requireCaches(cache)
    for k in layers.indices { layers[k] = erasedUpdate(layers[k], cache.caches[k]) }
  }

  private func requireCaches(_ cache: Cache) {
    require(
      cache.caches.count == layers.count,
      "Sequential: a cache of \(cache.caches.count) layers instead of \(layers.count)")
  }

  /// Visits the parameters of layer k under the prefix "k.".
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    for k in layers.indices { layers[k].visitParameters(under: "\(k)", visit) }
  }

  /// Reads the parameters of layer k under the prefix "k.".
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func readParameters(under path: String?, _ read: ParameterReader<Scalar>) {
    for k in 0..<layers.count {
      layers[k].readParameters(under: path.map { "\($0)\(k)." }, read)
    }
  }

  /// Visits the buffers of layer k under the prefix "k.".
  public mutating func visitBuffers(_ visit: ParameterVisitor<Scalar>) {
    for k in layers.indices { layers[k].visitBuffers(under: "\(k)", visit) }
  }

  /// Visits the counters of layer k under the prefix "k.".
  public mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    for k in layers.indices { layers[k].visitCounters(under: "\(k)", visit) }
  }

  /// Checks what the first layer checks.
  public func checkElements(of request: Tensor<Scalar>) throws(RequestError) {
    guard let first = layers.first else { return try request.requireFiniteRequest() }
    try first.checkElements(of: request)
  }

  /// Neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}

/// Collects the layers of a `Sequential` from the lines of a closure, which may contain `if` and
/// `for`.
@resultBuilder
public enum LayerBuilder<Scalar: RealScalar> {
  /// A line with a layer.
  public static func buildExpression<L: Layer<Scalar>>(_ layer: L) -> [any Layer<Scalar>] {
    [layer]
  }
  /// Several lines.
  public static func buildBlock(_ parts: [any Layer<Scalar>]...) -> [any Layer<Scalar>] {
    parts.flatMap { $0 }
  }
  /// An `if` without `else`.
  public static func buildOptional(_ part: [any Layer<Scalar>]?) -> [any Layer<Scalar>] {
    part ?? []
  }
  /// The first branch of an `if`.
  public static func buildEither(first part: [any Layer<Scalar>]) -> [any Layer<Scalar>] { part }
  /// The second branch of an `if`.
  public static func buildEither(second part: [any Layer<Scalar>]) -> [any Layer<Scalar>] { part }
  /// A `for`.
  public static func buildArray(_ parts: [[any Layer<Scalar>]]) -> [any Layer<Scalar>] {
    parts.flatMap { $0 }
  }
}

// The layers' types, and with them those of the caches, are known only at run time.

private func erasedForward<L: Layer>(
  _ layer: L, _ input: Tensor<L.Scalar>, _ mode: Mode
) -> (output: Tensor<L.Scalar>, cache: any Sendable) {
  let (output, cache) = layer.forward(input, mode)
  return (output, cache)
}

private func erasedBackward<L: Layer>(
  _ layer: L, _ name: String, _ outputGradient: Tensor<L.Scalar>, _ cache: any Sendable,
  _ tracer: inout BackwardTracer<L.Scalar>
) -> (inputGradient: Tensor<L.Scalar>, gradients: any Layer<L.Scalar>) {
  let (inputGradient, gradients) = tracer.backward(
    layer, name, outputGradient, found(cache, of: layer))
  return (inputGradient, gradients)
}

private func erasedUpdate<L: Layer>(_ layer: L, _ cache: any Sendable) -> any Layer<L.Scalar> {
  var layer = layer
  layer.updateBuffers(from: found(cache, of: layer))
  return layer
}

private func found<L: Layer>(_ cache: any Sendable, of layer: L) -> L.Cache {
  guard let cache = cache as? L.Cache else {
    stop("Sequential: a cache of type \(type(of: cache)) instead of that of \(L.self)")
  }
  return cache
}
