public import BackflowKernels
public import BackflowLinearAlgebra

/// Batch normalization as the graph of its elementary steps, each with its local gradient.
///
///     forward                  backward, from the last step to the first
///     μ = Σ x / m              x̄ = c̄ + μ̄/m
///     c = x − μ                μ̄ = −Σ c̄
///     q = c²                   c̄ = r x̂̄ + 2 c q̄
///     v = Σ q / m              q̄ = v̄/m
///     s = √(v + ε)             v̄ = s̄/(2 s)
///     r = 1/s                  s̄ = −r² r̄
///     x̂ = c r                  r̄ = Σ c x̂̄
///     z = γ x̂                  x̂̄ = γ z̄        γ̄ = Σ z̄ x̂
///     y = z + β                z̄ = ȳ           β̄ = Σ ȳ
///
/// Sums run over the m elements of a channel. c̄ has two terms because c is used twice. `BatchNorm`
/// computes the same in closed form and in fewer passes; this layer shows the steps. It always uses
/// the statistics of the batch. In a layer without γ and β, they are the constants 1 and 0. Ioffe
/// and Szegedy, "Batch normalization", ICML 2015.
///
/// Shapes: x, c, q, x̂, z and y [B, C, ...]; μ, v, s, r, γ and β [C]. Cache: every step. Cost:
/// about 10·count flops forward, 14·count backward.
public struct StagedBatchNorm<Scalar: RealScalar>: Layer {
  /// γ, [C], or `nil` for a layer without it.
  public var weight: Tensor<Scalar>?
  /// β, [C], or `nil` for a layer without it.
  public var bias: Tensor<Scalar>?
  /// C, the number of channels.
  public let channels: Int
  /// ε, which keeps r finite where a channel is constant.
  public let epsilon: Double

  /// The steps of `layer` in training.
  public init(_ layer: BatchNorm<Scalar>) {
    (weight, bias, channels) = (layer.weight, layer.bias, layer.channels)
    epsilon = layer.epsilon
  }

  /// Every value of the graph, or the gradient of the loss with respect to every value.
  public struct Stages: Sendable {
    /// x, [B, C, ...]
    public let input: Tensor<Scalar>
    /// μ, [C]
    public let mean: Tensor<Scalar>
    /// c, [B, C, ...]
    public let centered: Tensor<Scalar>
    /// q, [B, C, ...]
    public let squared: Tensor<Scalar>
    /// v, [C]
    public let variance: Tensor<Scalar>
    /// s, [C]
    public let deviation: Tensor<Scalar>
    /// r, [C]
    public let inverse: Tensor<Scalar>
    /// x̂, [B, C, ...]
    public let normalized: Tensor<Scalar>
    /// γ, [C]
    public let weight: Tensor<Scalar>
    /// z, [B, C, ...]
    public let scaled: Tensor<Scalar>
    /// β, [C]
    public let bias: Tensor<Scalar>
    /// y, [B, C, ...]
    public let output: Tensor<Scalar>
  }

  /// y and the steps that lead to it.
  ///
  /// - Precondition: x is [B, C, ...] with more than one value in each channel.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Stages) {
    require(
      input.rank >= 2 && input.shape[1] == self.channels && input.count > self.channels,
      "StagedBatchNorm: input \(input.shape) instead of [N, \(self.channels), ...] with more than"
        + " one value in each channel")
    let (weight, bias) = (weight ?? .ones([self.channels]), bias ?? .zeros([self.channels]))
    let channels = input.channels(axis: 1)
    let spread = { (number: Tensor<Scalar>) in number.spread(along: input.shape) }

    let moments = input.moments(channels)
    let centered = input.standardized(moments, moments.map { _ in 1 }, channels)
    let squared = centered.squared()
    // From the moments in double, so that the mean is rounded once and s is right where squares are
    // out of range.
    let (mean, variance) = (moments.means(Scalar.self), moments.variances(Scalar.self))
    let inverseDeviations = moments.inverseDeviations(epsilon: epsilon)
    let inverse = Tensor<Scalar>(shape: weight.shape, storage: inverseDeviations.rounded())
    let deviation = Tensor<Scalar>(
      shape: weight.shape, storage: moments.map { 1 / inverseDeviations.span[$0] }.rounded())
    let normalized = centered * spread(inverse)
    let scaled = normalized * spread(weight)
    let output = scaled + spread(bias)
    let stages = Stages(
      input: input, mean: mean, centered: centered, squared: squared, variance: variance,
      deviation: deviation, inverse: inverse, normalized: normalized, weight: weight,
      scaled: scaled, bias: bias, output: output)
    return (output, stages)
  }

  /// The gradients with respect to the input and the parameters; see `stageGradients` for those
  /// with respect to every step.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Stages
  ) -> (inputGradient: Tensor<Scalar>, gradients: StagedBatchNorm) {
    let stages = stageGradients(outputGradient, cache)
    var gradients = self
    if weight != nil { gradients.weight = stages.weight }
    if bias != nil { gradients.bias = stages.bias }
    return (stages.input, gradients)
  }

  /// The gradient of the loss with respect to every step.
  ///
  /// - Precondition: ȳ has the shape of y.
  public func stageGradients(_ outputGradient: Tensor<Scalar>, _ stages: Stages) -> Stages {
    requireGradient(outputGradient, of: stages.output.shape, "StagedBatchNorm")
    let channels = outputGradient.channels(axis: 1)
    let m = Scalar(channels.countOfChannel)
    let spread = { (number: Tensor<Scalar>) in number.spread(along: outputGradient.shape) }

    let bias = outputGradient.sums(channels)
    let scaled = outputGradient
    let weight = scaled.dots(stages.normalized, channels)
    let normalized = scaled * spread(stages.weight)
    let inverse = normalized.dots(stages.centered, channels)
    let deviation = -(inverse * stages.inverse.squared())
    let variance = deviation / (stages.deviation * 2)
    let squared = spread(variance / m).broadcast(to: outputGradient.shape)
    let centered = normalized * spread(stages.inverse) + stages.centered * squared * 2
    let mean = -centered.sums(channels)
    let input = centered + spread(mean / m)
    return Stages(
      input: input, mean: mean, centered: centered, squared: squared, variance: variance,
      deviation: deviation, inverse: inverse, normalized: normalized, weight: weight,
      scaled: scaled, bias: bias, output: outputGradient)
  }

  /// Visits `weight` and `bias`, as far as the layer has them.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    weight?.visit(as: "weight", visit)
    bias?.visit(as: "bias", visit)
  }

  /// Neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}

extension StagedBatchNorm {
  /// The graph of one pass with the norms of its values and of their gradients.
  public func graph(_ outputGradient: Tensor<Scalar>, _ stages: Stages) -> ComputationalGraph {
    let gradients = stageGradients(outputGradient, stages)
    let steps: [(String, String, [Int], KeyPath<Stages, Tensor<Scalar>>)] = [
      ("x", "", [], \.input),
      ("μ", "mean", [0], \.mean),
      ("c", "center", [0, 1], \.centered),
      ("q", "square", [2], \.squared),
      ("v", "mean", [3], \.variance),
      ("s", "root", [4], \.deviation),
      ("r", "inverse", [5], \.inverse),
      ("x̂", "multiply", [2, 6], \.normalized),
      ("γ", "", [], \.weight),
      ("z", "scale", [7, 8], \.scaled),
      ("β", "", [], \.bias),
      ("y", "shift", [9, 10], \.output),
    ]
    let norms = steps.map { norm(gradients[keyPath: $0.3]) }
    let parts = partsOfGradients(gradients, stages)
    return ComputationalGraph(
      nodes: zip(steps, norms).map { step, backward in
        let (name, operation, inputs, stage) = step
        return ComputationalGraph.Node(
          name, operation: operation, inputs: inputs, shape: stages[keyPath: stage].shape,
          forwardNorm: norm(stages[keyPath: stage]), backwardNorm: backward,
          inputGradientNorms: inputs.map { parts[name]?[$0] ?? norms[$0] })
      })
  }

  /// x and c are used twice: the norms of the two parts of x̄ = c̄ + μ̄/m and of c̄ = r x̂̄ + 2 c
  /// q̄, by the name of the step through which they flow back and the index of x or c.
  private func partsOfGradients(_ gradients: Stages, _ stages: Stages) -> [String: [Int: Double]] {
    let m = Scalar(stages.input.count / channels)
    let throughMean = (gradients.mean / m).spread(along: stages.input.shape)
      .broadcast(to: stages.input.shape)
    let throughSquare = stages.centered * gradients.squared * 2
    let throughProduct =
      gradients.normalized * stages.inverse.spread(along: stages.input.shape)
    return [
      "μ": [0: norm(throughMean)],
      "c": [0: norm(gradients.centered)],
      "q": [2: norm(throughSquare)],
      "x̂": [2: norm(throughProduct)],
    ]
  }
}

/// ‖tensor‖₂ in double.
private func norm<Scalar: RealScalar>(_ tensor: Tensor<Scalar>) -> Double {
  VectorKernels.norm(tensor.span)
}

extension Tensor {
  /// One number a channel, [C], shaped so that it broadcasts along [B, C, ...].
  fileprivate func spread(along shape: Shape) -> Tensor {
    reshaped(to: Shape([count] + [Int](repeating: 1, count: shape.rank - 2)))
  }
}
