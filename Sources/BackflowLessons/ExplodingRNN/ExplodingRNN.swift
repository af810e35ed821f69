internal import Backflow

/// A recurrence without input multiplies the gradient by the same matrix at every step back: what is
/// left of it is a matter of the largest eigenvalue. Then the same with digits to read, a few pixels at
/// a time: without clipping, with it, and with an LSTM.
package struct ExplodingRNN {
  /// The seed of all that is drawn.
  package var seed: UInt64
  /// H, the units of every recurrence.
  package var size = 32
  /// T, the steps back of the recurrences without input.
  package var stepsBack = 100
  /// |λ₁| of the three of them.
  package var radii = [0.9, 1, 1.1]
  /// I, the pixels that are read a step: 64/I steps.
  package var pixels = 4
  /// The gain of the orthogonal weight of the recurrence that is trained.
  package var gain = 1.8
  /// The steps of each training.
  package var steps = 600
  /// The learning rate, with momentum 0.9.
  package var learningRate = 0.02
  /// The global norm to which gradients are clipped.
  package var limit = 1.0

  /// What was measured.
  struct Outcome {
    let free: [FreeRecurrence]
    let lstm: FreeRecurrence
    /// Without clipping, with it, and an LSTM with it.
    let plain, clipped, lstmClipped: PixelTraining
    var trainings: [PixelTraining] { [plain, clipped, lstmClipped] }
  }

  /// The lesson as it is held, drawn from `seed`.
  package init(seed: UInt64) { self.seed = seed }

  /// Holds the lesson.
  package func run() throws -> LessonReport { report(try outcome()) }

  /// Runs the recurrences without input and trains the readers of digits.
  func outcome() throws -> Outcome {
    var random = RandomSource(seed: seed)
    let free = try radii.map {
      try FreeRecurrence.vanilla(radius: $0, size: size, steps: stepsBack, using: &random)
    }
    let lstm = try FreeRecurrence.lstm(
      forgetBias: 1, size: size, steps: stepsBack, using: &random)
    let trained = try trainings()
    return Outcome(
      free: free, lstm: lstm, plain: trained.plain, clipped: trained.clipped,
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
