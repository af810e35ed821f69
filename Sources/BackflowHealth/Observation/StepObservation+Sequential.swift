internal import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

extension StepObservation {
  /// Shows every layer of a `Sequential`: its nonlinearities, and the signal on both sides of each
  /// layer, from `tracedBackward`. Layer k is called "`prefix`k Dense", as its parameters are called
  /// "k.weight".
  public mutating func network(
    _ network: Sequential<Scalar>, _ cache: Sequential<Scalar>.Cache, signals: [Tensor<Scalar>],
    prefix: String = ""
  ) {
    require(
      cache.caches.count == network.layers.count && signals.count == network.layers.count + 1,
      "\(network.layers.count) layers, \(cache.caches.count) caches, \(signals.count) signals")
    for (k, layer) in network.layers.enumerated() {
      let name = "\(prefix)\(k) \(plainName(of: layer))"
      let output = cache.caches[k] as? Tensor<Scalar>
      if let output, let function = activationFunction(of: layer) {
        activation(
          name, function, output: output, outputGradient: signals[k + 1],
          inputGradient: signals[k])
      } else {
        signal(name, kind(of: layer), outputGradient: signals[k + 1], inputGradient: signals[k])
      }
    }
  }

  private func activationFunction(of layer: any Layer<Scalar>) -> ActivationFunction? {
    switch layer {
    case is Sigmoid<Scalar>: .sigmoid
    case is Tanh<Scalar>: .tanh
    case is ReLU<Scalar>: .relu
    default: nil
    }
  }

  private func kind(of layer: any Layer<Scalar>) -> LayerSignal<Scalar>.Kind {
    switch layer {
    case is Dense<Scalar>, is Conv2D<Scalar>: .weight
    default: .other
    }
  }

  /// The type's name without its parameters: "Dense", not "Dense<Float>".
  private func plainName(of layer: any Layer<Scalar>) -> String {
    String("\(type(of: layer))".prefix { $0 != "<" })
  }
}
