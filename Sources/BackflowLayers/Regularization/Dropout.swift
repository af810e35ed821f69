public import BackflowKernels
public import BackflowLinearAlgebra

/// Inverted dropout (PyTorch `Dropout`).
///
///     training     y = m ⊙ x        x̄ = m ⊙ ȳ,   m = 1/(1 − p) with probability 1 − p, else 0
///     evaluation   y = x            x̄ = ȳ
///
/// The expected output in training is x, so that evaluation needs no scale. The mask m is a
/// function of the seed and of the index of an element; both passes compute it, so that it need not
/// be stored. Srivastava et al., Journal of Machine Learning Research 15 (2014).
///
/// Shapes: any. Cache: the mode and the shape. Cost: O(count).
public struct Dropout<Scalar: RealScalar>: ParameterlessLayer {
  /// p, the probability that an element is dropped.
  public let probability: Double

  /// A dropout with this probability.
  ///
  /// - Precondition: The probability is in 0...1.
  public init(probability: Double = 0.5) {
    SettingRange.share.check(probability, "the probability", of: "Dropout")
    self.probability = probability
  }

  /// What `backward` reads.
  public struct Cache: Sendable {
    /// The mode of the forward pass, with its seed.
    public let mode: Mode
    /// The shape of x.
    public let shape: Shape
  }

  /// y = x, in evaluation mode.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache) {
    forward(input, .evaluation)
  }

  /// y = m ⊙ x in training, otherwise x.
  public func forward(
    _ input: Tensor<Scalar>, _ mode: Mode
  ) -> (output: Tensor<Scalar>, cache: Cache) {
    (masked(input, mode), Cache(mode: mode, shape: input.shape))
  }

  /// m ⊙ ȳ after a training pass, otherwise ȳ.
  ///
  /// - Precondition: ȳ has the shape of x.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> Tensor<Scalar> {
    requireGradient(outputGradient, of: cache.shape, "Dropout")
    return masked(outputGradient, cache.mode)
  }

  private func masked(_ tensor: Tensor<Scalar>, _ mode: Mode) -> Tensor<Scalar> {
    guard case .training(let seed) = mode, probability > 0 else { return tensor }
    return elementwise(tensor) {
      VectorKernels.dropout($0, keep: 1 - probability, seed: seed, into: $1)
    }
  }

  /// Returns nothing to compute, because evaluation drops no element.
  public func prepared() -> PreparedRows<Scalar> { PreparedRows([]) }

  /// Neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}
