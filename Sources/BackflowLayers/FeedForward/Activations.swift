public import BackflowKernels
public import BackflowLinearAlgebra

/// The rectified linear unit.
///
///     y = max(x, 0)        x̄ = ȳ where y > 0, else 0
///
/// The gradient at x = 0 is 0, as in PyTorch.
/// Nair and Hinton, ICML 2010.
///
/// Shapes: any. Cache: y. Cost: O(count).
public struct ReLU<Scalar: RealScalar>: ParameterlessLayer {
  /// A ReLU.
  public init() {}

  /// y, which is also the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    let output = relu(input)
    return (output, output)
  }

  /// ȳ where y > 0, else 0, of x's shape. Stops at a ȳ of another.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ output: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    combine(output, outputGradient, "ReLU") { VectorKernels.reluBackward($0, $1, into: $2) }
  }

  /// The units.
  public func activations(in output: Tensor<Scalar>) -> [Activation<Scalar>] {
    [Activation(.relu, output: output)]
  }

  /// `.activation`.
  public var signalKind: SignalKind? { .activation }
}

/// What the backward pass of a unit that saturates reads, and what shows whether it does.
public struct SaturatingCache<Scalar: RealScalar>: Sendable {
  /// x, from which the gradient is computed
  public let input: Tensor<Scalar>
  /// y, which rounds to its limit where the unit is saturated
  public let output: Tensor<Scalar>
}

/// The logistic function.
///
///     y = 1/(1 + e⁻ˣ)        x̄ = ȳ y (1 − y) = ȳ σ(x) σ(−x)
///
/// The local gradient is at most ¼, and vanishes where the unit is saturated. It is computed from x: y
/// rounds to 1 from x = 17 on in single precision, where the gradient is 4e-8 and not 0.
/// LeCun et al., "Efficient BackProp", 1998.
///
/// Shapes: any. Cache: x and y. Cost: O(count).
public struct Sigmoid<Scalar: RealScalar>: ParameterlessLayer {
  /// A sigmoid.
  public init() {}

  /// y, and x and y as the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: SaturatingCache<Scalar>) {
    let output = sigmoid(input)
    return (output, SaturatingCache(input: input, output: output))
  }

  /// ȳ y (1 − y), of x's shape. Stops at a ȳ of another.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ cache: SaturatingCache<Scalar>
  ) -> Tensor<Scalar> {
    combine(cache.input, outputGradient, "Sigmoid") {
      VectorKernels.sigmoidBackward(at: $0, $1, into: $2)
    }
  }

  /// The units.
  public func activations(in cache: SaturatingCache<Scalar>) -> [Activation<Scalar>] {
    [Activation(.sigmoid, output: cache.output)]
  }

  /// `.activation`.
  public var signalKind: SignalKind? { .activation }
}

/// The hyperbolic tangent.
///
///     y = tanh x        x̄ = ȳ (1 − y²)
///
/// The local gradient is at most 1, and vanishes where the unit is saturated. It is computed from x, because
/// y rounds to ±1 long before the gradient is 0.
/// LeCun et al., "Efficient BackProp", 1998.
///
/// Shapes: any. Cache: x and y. Cost: O(count).
public struct Tanh<Scalar: RealScalar>: ParameterlessLayer {
  /// A tanh.
  public init() {}

  /// y, and x and y as the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: SaturatingCache<Scalar>) {
    let output = tanh(input)
    return (output, SaturatingCache(input: input, output: output))
  }

  /// ȳ (1 − y²), of x's shape. Stops at a ȳ of another.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ cache: SaturatingCache<Scalar>
  ) -> Tensor<Scalar> {
    combine(cache.input, outputGradient, "Tanh") {
      VectorKernels.tanhBackward(at: $0, $1, into: $2)
    }
  }

  /// The units.
  public func activations(in cache: SaturatingCache<Scalar>) -> [Activation<Scalar>] {
    [Activation(.tanh, output: cache.output)]
  }

  /// `.activation`.
  public var signalKind: SignalKind? { .activation }
}

/// The rectified linear unit with a slope below 0 (PyTorch `LeakyReLU`).
///
///     y = x where x > 0, else s x        x̄ = ȳ where x > 0, else s ȳ
///
/// No unit is ever dead. Maas, Hannun and Ng, ICML 2013.
///
/// Shapes: any. Cache: x. Cost: O(count).
public struct LeakyReLU<Scalar: RealScalar>: ParameterlessLayer {
  /// s
  public let slope: Scalar

  /// A leaky ReLU of this slope below 0. Stops at one that is not finite.
  public init(slope: Scalar = 0.01) {
    SettingRange.finite.check(Double(slope), "the slope", of: "LeakyReLU")
    self.slope = slope
  }

  /// y, and x as the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    (map(input) { VectorKernels.leakyReLU($0, slope: slope, into: $1) }, input)
  }

  /// ȳ where x > 0, else s ȳ, of x's shape. Stops at a ȳ of another.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ input: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    combine(input, outputGradient, "LeakyReLU") {
      VectorKernels.leakyReLUBackward($0, $1, slope: slope, into: $2)
    }
  }

  /// `.activation`.
  public var signalKind: SignalKind? { .activation }
}

/// The exponential linear unit.
///
///     y = x where x > 0, else α (eˣ − 1)        x̄ = ȳ where x > 0, else ȳ α eˣ
///
/// Clevert, Unterthiner and Hochreiter, ICLR 2016.
///
/// Shapes: any. Cache: x, because y + α, which is α eˣ as well, cancels. Cost: O(count).
public struct ELU<Scalar: RealScalar>: ParameterlessLayer {
  /// α, minus the value far below 0.
  public let alpha: Scalar

  /// An ELU with this α. Stops at a negative or infinite one.
  public init(alpha: Scalar = 1) {
    SettingRange.zeroOrPositive.check(Double(alpha), "α", of: "ELU")
    self.alpha = alpha
  }

  /// y, and x as the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    (map(input) { VectorKernels.elu($0, alpha: alpha, into: $1) }, input)
  }

  /// ȳ where x > 0, else ȳ α eˣ, of x's shape. Stops at a ȳ of another.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ input: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    combine(input, outputGradient, "ELU") {
      VectorKernels.eluBackward(at: $0, $1, alpha: alpha, into: $2)
    }
  }

  /// `.activation`.
  public var signalKind: SignalKind? { .activation }
}
