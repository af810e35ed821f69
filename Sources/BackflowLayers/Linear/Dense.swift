public import BackflowKernels
public import BackflowLinearAlgebra

/// A fully connected layer (PyTorch `Linear`).
///
///     y = x Wᵀ + b
///
/// Backward, with ȳ the gradient of the loss with respect to y, summed over all rows:
///
///     x̄ = ȳ W        W̄ = ȳᵀ x        b̄ = Σ ȳ
///
/// Rumelhart, Hinton and Williams, Nature 323 (1986).
///
/// b and b̄ do not exist in a layer without a bias.
///
/// Shapes: x [..., I], W [O, I], b [O], y [..., O]; leading axes (batch, or time and batch) are
/// rows. Cache: x. Cost: 2·rows·I·O flops forward, twice that backward.
public struct Dense<Scalar: RealScalar>: Layer {
  /// W, [O, I]
  public var weight: Tensor<Scalar>
  /// b, [O], or `nil` for a layer without a bias.
  public var bias: Tensor<Scalar>?

  /// A layer with these parameters: `weight` [O, I], `bias` [O] or none.
  ///
  /// - Precondition: The shapes fit together.
  public init(weight: Tensor<Scalar>, bias: Tensor<Scalar>? = nil) {
    require(weight.rank == 2, "Dense: weight \(weight.shape) instead of [O, I]")
    if let bias {
      require(
        bias.shape == [weight.shape[0]],
        "Dense: weight \(weight.shape) and bias \(bias.shape) do not fit together")
    }
    self.weight = weight
    self.bias = bias
  }

  /// The gradients of a layer, whose shapes fit together. At batch 1, a check takes a noticeable
  /// part of the time of a backward pass.
  private init(gradients weight: Tensor<Scalar>, _ bias: Tensor<Scalar>?) {
    self.weight = weight
    self.bias = bias
  }

  /// A layer from I = `inputSize` to O = `outputSize` features, with randomly initialized weights
  /// and zero bias, or no bias if `bias` is false.
  public init(
    inputSize: Int, outputSize: Int, bias: Bool = true,
    weights: Initializer = .glorotUniform(), using random: inout RandomSource
  ) {
    self.init(
      weight: weights([outputSize, inputSize], using: &random),
      bias: bias ? .zeros([outputSize]) : nil)
  }

  /// A copy of a layer of either precision.
  public init<Other>(_ other: Dense<Other>) {
    self.init(weight: Tensor(other.weight), bias: other.bias.map { Tensor($0) })
  }

  /// What `backward` reads.
  public struct Cache: Sendable {
    /// x, [..., I]
    public let input: Tensor<Scalar>
  }

  /// y = x Wᵀ + b, [..., I] → [..., O].
  ///
  /// - Precondition: The last axis of x is I.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache) {
    require(
      input.rank >= 1 && input.shape[input.rank - 1] == weight.shape[1],
      "Dense: input \(input.shape) does not fit weight \(weight.shape)")
    var output = matmul(input, weight.transposed)
    if let bias {
      // Extent by extent: a shape to compare with would have to be allocated.
      require(
        bias.rank == 1 && bias.shape[0] == weight.shape[0],
        "Dense: weight \(weight.shape) and bias \(bias.shape) do not fit together")
      VectorKernels.addRow(bias.span, into: output.mutableSpan)
    }
    return (output, Cache(input: input))
  }

  /// x̄ = ȳ W, W̄ = ȳᵀ x, b̄ = Σ ȳ from ȳ.
  ///
  /// - Precondition: ȳ is [..., O].
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Dense) {
    let expected = cache.input.shape.replacing(
      axis: cache.input.rank - 1, with: weight.shape[0])
    require(
      outputGradient.shape == expected,
      "Dense: output gradient \(outputGradient.shape) instead of \(expected)")
    let gradients = Dense(
      gradients: matmul(outputGradient.transposed, cache.input),
      bias == nil ? nil : outputGradient.asRows.sum(axis: 0))
    return (matmul(outputGradient, weight), gradients)
  }

  /// Visits `weight` and, if there is one, `bias`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    visit("weight", &weight)
    bias?.visit(as: "bias", visit)
  }

  /// Reads `weight` and, if there is one, `bias`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func readParameters(under path: String?, _ read: ParameterReader<Scalar>) {
    read(named("weight", under: path), weight)
    if let bias { read(named("bias", under: path), bias) }
  }

  /// Returns the layer with its weight packed.
  public func prepared() -> PreparedRows<Scalar> { PreparedRows([RowStage(self)]) }

  /// The input x.
  public func input(in cache: Cache) -> Tensor<Scalar>? { cache.input }

  /// Multiplies the signal by the weight.
  public var signalKind: SignalKind? { .weight }
}
