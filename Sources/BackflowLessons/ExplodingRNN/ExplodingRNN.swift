internal import Backflow

/// A lesson about exploding gradients. In a recurrence without input, every step back multiplies
/// the gradient by one matrix, so that the largest eigenvalue determines the result. Networks that
/// read digits, a few pixels at a time, show the effect on training: without clipping, with
/// clipping, and with an LSTM.
package struct ExplodingRNN {
  /// The seed of all random numbers.
  package var seed: UInt64
  /// The number H of units in each recurrence.
  package var size = 32
  /// The number T of steps back in the recurrences without input.
  package var stepsBack = 100
  /// The values of |λ₁| of these recurrences.
  package var radii = [0.9, 1, 1.1]
  /// The values of |λ₁| of the recurrences with a nonlinearity between.
  package var interspersedRadii = [0.9, 1.1, 3]
  /// The number I of pixels in each step, so that there are 64/I steps.
  package var pixels = 4
  /// The gain of the orthogonal recurrent weight of the trained network.
  package var gain = 1.8
  /// The number of steps of each training.
  package var steps = 600
  /// The learning rate, with momentum 0.9.
  package var learningRate = 0.02
  /// The limit on the global norm of the gradients.
  package var limit = 1.0

  /// The measurements.
  struct Outcome {
    let free: [FreeRecurrence]
    let lstm: FreeRecurrence
    let interspersed: InterspersedNorms
    /// The trainings without clipping, with clipping, and with clipping and an LSTM.
    let plain, clipped, lstmClipped: PixelTraining
    var trainings: [PixelTraining] { [plain, clipped, lstmClipped] }
  }

  /// Creates the lesson with its default settings.
  package init(seed: UInt64) { self.seed = seed }

  /// Runs the lesson.
  package func run() throws -> LessonReport { report(try outcome()) }

  /// Runs the recurrences without input and trains the networks.
  func outcome() throws -> Outcome {
    var random = RandomSource(seed: seed)
    let free = try radii.map {
      try FreeRecurrence.vanilla(radius: $0, size: size, steps: stepsBack, using: &random)
    }
    let lstm = try FreeRecurrence.lstm(
      forgetBias: 1, size: size, steps: stepsBack, using: &random)
    let interspersed = InterspersedNorms(
      radii: interspersedRadii, size: size, steps: stepsBack, using: &random)
    let trained = try trainings()
    return Outcome(
      free: free, lstm: lstm, interspersed: interspersed, plain: trained.plain,
      clipped: trained.clipped,
      lstmClipped: trained.lstm)
  }

  private func trainings() throws -> (
    plain: PixelTraining, clipped: PixelTraining, lstm: PixelTraining
  ) {
    let digits = try Digits.load()
    var random = RandomSource(seed: seed)
    let rnn = PixelReader(
      RNN<Float>(
        inputSize: pixels, hiddenSize: size, nonlinearity: .relu,
        recurrentWeights: .orthogonal(gain: gain), using: &random), using: &random)
    let lstm = PixelReader(
      LSTM<Float>(inputSize: pixels, hiddenSize: size, forgetBias: 1, using: &random),
      using: &random)
    return (
      PixelTraining(
        "RNN, not clipped", .alarm, rnn, on: digits, steps: steps, learningRate: learningRate,
        limit: nil, seed: seed),
      PixelTraining(
        "RNN, clipped to \(figure(limit))", .calm, rnn, on: digits, steps: steps,
        learningRate: learningRate, limit: limit, seed: seed),
      PixelTraining(
        "LSTM", .accent, lstm, on: digits, steps: steps, learningRate: learningRate, limit: limit,
        seed: seed)
    )
  }
}
