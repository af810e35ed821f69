internal import Backflow

/// A lesson about batch normalization as a graph of elementary steps, each with its local gradient;
/// in closed form; and with a backward pass that neglects the dependence of mean and variance on
/// the input.
package struct BatchNormGraph {
  /// The seed of the batch, the weights, and the order of the images.
  package var seed: UInt64
  /// The size N of the random batch.
  package var batch = 8
  /// The number C of its features.
  package var features = 4
  /// The number of steps of each training.
  package var steps = 600

  /// The measurements.
  struct Outcome {
    let graph: ComputationalGraph
    /// The largest difference between the staged and the fused layer in the output, x̄, γ̄, and β̄.
    let difference: Double
    /// The largest relative error of the correct backward pass compared with finite differences.
    let rightError: Double
    /// The relative error, with respect to the input, of the backward pass with constant
    /// statistics.
    let wrongError: Double
    /// The norm of the bias before the normalization after training on the digits.
    let rightBias, wrongBias: Double
    let rightAccuracy, wrongAccuracy: Double
  }

  /// Creates the lesson with its default settings.
  package init(seed: UInt64) { self.seed = seed }

  /// Runs the lesson.
  package func run() throws -> LessonReport { report(try outcome()) }

  /// Compares both layers on a random batch, and trains with both backward passes.
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

  /// Returns the largest difference between corresponding elements of the two layers.
  private func difference(
    _ staged: StagedBatchNorm<Double>, _ fused: BatchNorm<Double>, _ x: Tensor<Double>,
    _ yGradient: Tensor<Double>
  ) -> Double {
    let (y, stages) = staged.forward(x)
    let (fusedY, cache) = fused.forward(x, .training(seed: 0))
    let (xGradient, gradients) = staged.backward(yGradient, stages)
    let (fusedXGradient, fusedGradients) = fused.backward(yGradient, cache)
    let parameters = zip(gradients.namedParameters, fusedGradients.namedParameters)
      .map { ($0.value, $1.value) }
    return ([(y, fusedY), (xGradient, fusedXGradient)] + parameters)
      .map { ($0 - $1).maxMagnitude() }.max() ?? .nan
  }

  /// Returns the largest relative error of the backward pass of a layer in training mode.
  private func error<Norm: Layer<Double>>(of layer: Norm, at x: Tensor<Double>) -> Double {
    // Different from the numbers of x: along x̂ the gradient is zero.
    var random = RandomSource(seed: seed &+ 1)
    let function = DifferentiableFunction(layer, input: x, mode: .training(seed: 0))
    return GradientCheck(function, using: &random).worst?.relativeError ?? .nan
  }

  /// Trains two networks for digit classification that differ only in the backward pass.
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
  /// The norm ‖b‖ of the bias of the first layer.
  fileprivate var biasBelow: Double {
    network.namedParameters.first { $0.name == "0.bias" }.map { Double($0.value.norm()) } ?? .nan
  }
}
