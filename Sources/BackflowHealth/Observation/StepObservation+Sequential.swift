internal import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

extension StepObservation {
  /// Shows every layer of a `Sequential`: its nonlinearities, and the signal on both sides of each
  /// layer, from `tracedBackward`. Layer k is called "`prefix`k Dense", as its parameters are called
  /// "k.weight". Of a `Sequential` inside it shows the nonlinearities, "k.0 Tanh", and the signal on
  /// both sides of the whole.
  ///
  /// Outputs are shown as far as a cache holds them: those of nonlinearities, and what a `Dense` or
  /// `Conv2D` reads. `output` is that of the last layer, which no cache holds: without it an overflow
  /// there is first named in what comes after it.
  public mutating func network(
    _ network: Sequential<Scalar>, _ cache: Sequential<Scalar>.Cache, signals: [Tensor<Scalar>],
    output: Tensor<Scalar>? = nil, prefix: String = ""
  ) {
    require(
      cache.caches.count == network.layers.count && signals.count == network.layers.count + 1,
      "\(network.layers.count) layers, \(cache.caches.count) caches, \(signals.count) signals")
    layers(of: network, cache, signals, prefix)
    if let output, let last = network.layers.last, activationFunction(of: last) == nil {
      self.output("\(prefix)\(network.layers.count - 1) \(plainName(of: last))", output)
    }
  }

  private mutating func layers(
    of network: Sequential<Scalar>, _ cache: Sequential<Scalar>.Cache, _ signals: [Tensor<Scalar>]?,
    _ prefix: String
  ) {
    var isShown = false
    for (k, layer) in network.layers.enumerated() {
      let name = "\(prefix)\(k) \(plainName(of: layer))"
      if !isShown, let read = input(in: cache.caches[k]) { input(name, read) }
      if let inner = layer as? Sequential<Scalar>,
        let cache = cache.caches[k] as? Sequential<Scalar>.Cache
      {
        layers(of: inner, cache, nil, "\(prefix)\(k).")
      }
      isShown = false
      if let function = activationFunction(of: layer),
        let output = output(in: cache.caches[k])
      {
        activation(
          name, function, output: output, outputGradient: signals?[k + 1],
          inputGradient: signals?[k])
        isShown = true
      } else if let signals {
        signal(name, kind(of: layer), outputGradient: signals[k + 1], inputGradient: signals[k])
      }
    }
  }

  /// What a layer with a weight has read.
  private func input(in cache: any Sendable) -> Tensor<Scalar>? {
    (cache as? Dense<Scalar>.Cache)?.input ?? (cache as? Conv2D<Scalar>.Cache)?.input
  }

  /// What a nonlinearity has put out.
  private func output(in cache: any Sendable) -> Tensor<Scalar>? {
    (cache as? SaturatingCache<Scalar>)?.output ?? cache as? Tensor<Scalar>
  }

  private func activationFunction(of layer: any Layer<Scalar>) -> ActivationFunction? {
    switch layer {
    case is Sigmoid<Scalar>: .sigmoid
    case is Tanh<Scalar>: .tanh
    case is ReLU<Scalar>: .relu
    default: nil
    }
  }

  private func kind(of layer: any Layer<Scalar>) -> SignalKind {
    switch layer {
    case is Dense<Scalar>, is Conv2D<Scalar>: .weight
    case is LeakyReLU<Scalar>, is ELU<Scalar>, is Softplus<Scalar>, is SiLU<Scalar>,
      is GELU<Scalar>:
      .activation
    default: .other
    }
  }

  /// The type's name without its parameters: "Dense", not "Dense<Float>".
  private func plainName(of layer: any Layer<Scalar>) -> String {
    String("\(type(of: layer))".prefix { $0 != "<" })
  }
}
