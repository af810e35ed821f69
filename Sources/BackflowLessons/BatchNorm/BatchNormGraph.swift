internal import Backflow

/// Batch normalisation as a graph of elementary steps, each with its local gradient; the same in one
/// closed form; and the backward pass that forgets that mean and variance depend on the input.
package struct BatchNormGraph {
  /// The seed of the batch, of the weights and of the order of the images.
  package var seed: UInt64
  /// N, the size of the batch that is drawn.
  package var batch = 8
  /// C, its features.
  package var features = 4
  /// The steps of the two trainings.
  package var steps = 600

  /// What was measured.
  struct Outcome {
    let graph: ComputationalGraph
    /// The largest difference of the staged and the fused layer: output, x̄, γ̄, β̄.
    let difference: Double
    /// The largest relative error of the right backward pass against finite differences.
    let rightError: Double
    /// That of the one that takes the statistics for constants, by the input.
    let wrongError: Double
    /// The same after training on digits: the length of the bias below the normalisation.
    let rightBias, wrongBias: Double
    let rightAccuracy, wrongAccuracy: Double
  }

  /// The lesson as it is held, drawn from `seed`.
  package init(seed: UInt64) { self.seed = seed }

  /// Holds the lesson.
  package func run() throws -> LessonReport { report(try outcome()) }

  /// Draws a batch, takes it through both layers and both passes, and trains with both.
  func outcome() throws -> Outcome {
    var random = RandomSource(seed: seed)
    let x: Tensor<Double> = random.normal([batch, features], mean: 1, standardDeviation: 2)
    let yGradient: Tensor<Double> = random.normal([batch, features])
    let fused = BatchNorm<Double>(
      weight: random.normal([features], mean: 1, standardDeviation: 0.3),
      bias: random.normal([features]), runningMean: .zeros([features]),
      runningVariance: .ones([features]))
    let staged = StagedBatchNorm(fused)

    let (_, stages) = staged.forward(x)
    let wrong = ConstantStatisticsNorm(norm: fused)
    let (rightTraining, wrongTraining) = try trainings()
    return Outcome(
      graph: staged.graph(yGradient, stages),
      difference: difference(staged, fused, x, yGradient),
      rightError: error(of: fused, at: x), wrongError: error(of: wrong, at: x),
      rightBias: rightTraining.biasBelow, wrongBias: wrongTraining.biasBelow,
      rightAccuracy: rightTraining.heldOutAccuracy, wrongAccuracy: wrongTraining.heldOutAccuracy)
  }

  /// The largest difference of any element between the two layers.
  private func difference(
    _ staged: StagedBatchNorm<Double>, _ fused: BatchNorm<Double>, _ x: Tensor<Double>,
    _ yGradient: Tensor<Double>
  ) -> Double {
    let (y, stages) = staged.forward(x)
    let (fusedY, cache) = fused.forward(x, .training(seed: 0))
    let (xGradient, gradients) = staged.backward(yGradient, stages)
    let (fusedXGradient, fusedGradients) = fused.backward(yGradient, cache)
    return [
      (y, fusedY), (xGradient, fusedXGradient), (gradients.weight, fusedGradients.weight),
      (gradients.bias, fusedGradients.bias),
    ].map { ($0 - $1).maxMagnitude() }.max() ?? .nan
  }

  /// The largest relative error of a layer's backward pass in training.
  private func error<Norm: Layer<Double>>(of layer: Norm, at x: Tensor<Double>) -> Double {
    // Not the draws of x: along x̂ the gradient is zero.
    var random = RandomSource(seed: seed &+ 1)
    let function = DifferentiableFunction(layer, input: x, mode: .training(seed: 0))
    return GradientCheck(function, using: &random).worst?.relativeError ?? .nan
  }

  /// Two networks that read digits and differ in nothing but that backward pass.
  private func trainings() throws -> (right: DigitTraining, wrong: DigitTraining) {
    let digits = try Digits.load()
    func training(_ norm: any Layer<Float>) -> DigitTraining {
      var random = RandomSource(seed: seed)
      let below = Dense<Float>(inputSize: 64, outputSize: 32, using: &random)
      let above = Dense<Float>(
        inputSize: 32, outputSize: Digits.classCount, using: &random)
      var training = DigitTraining(
        Sequential([below, norm, ReLU<Float>(), above]), on: digits, learningRate: 0.1,
        momentum: 0.9, seed: seed)
      training.train(steps: steps, lookingEvery: steps)
      return training
    }
    let norm = BatchNorm<Float>(channels: 32)
    return (training(norm), training(ConstantStatisticsNorm(norm: norm)))
  }
}

extension DigitTraining {
  /// ‖b‖ of the lowest layer.
  fileprivate var biasBelow: Double {
    network.namedParameters.first { $0.name == "0.bias" }.map { Double($0.value.norm()) } ?? .nan
  }
}
