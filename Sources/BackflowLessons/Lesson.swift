internal import Backflow

/// A demonstration of a failure of backpropagation, with its diagnosis and its cure.
///
/// The lessons follow A. Karpathy, "Yes you should understand backprop", 2016.
package enum Lesson: String, Sendable, Encodable, CaseIterable {
  /// Sigmoids with large weights pass almost no gradient.
  case sigmoidSaturation = "sigmoid-saturation"
  /// A learning rate that is too large kills rectified units permanently.
  case deadReLU = "dead-relu"
  /// A recurrence multiplies the gradient by its largest eigenvalue at every step.
  case explodingRNN = "exploding-rnn"
  /// An error that is clipped before it is squared causes no learning.
  case clippedError = "clipped-td-error"
  /// The gradient of batch normalization, step by step.
  case batchNorm = "batch-norm"

  /// A summary in one line.
  package var message: String {
    switch self {
    case .sigmoidSaturation: "saturated sigmoids pass almost no gradient"
    case .deadReLU: "too large a learning rate kills rectified units permanently"
    case .explodingRNN: "a recurrence multiplies the gradient by its eigenvalue at every step"
    case .clippedError: "an error that is clipped inside the loss causes no learning"
    case .batchNorm: "the gradient of batch normalization also flows through mean and variance"
    }
  }

  /// Runs the lesson. The same seed and number of threads give the same report on one instruction
  /// set, except for the time. The claims of the report hold on every one.
  ///
  /// - Throws: An error that prevents the lesson, such as a damaged data set.
  package func run(seed: UInt64 = 1) throws -> LessonReport {
    let clock = ContinuousClock()
    let start = clock.now
    var report =
      switch self {
      case .sigmoidSaturation: try SigmoidSaturation(seed: seed).run()
      case .deadReLU: try DeadReLU(seed: seed).run()
      case .explodingRNN: try ExplodingRNN(seed: seed).run()
      case .clippedError: try ClippedError(seed: seed).run()
      case .batchNorm: try BatchNormGraph(seed: seed).run()
      }
    report.seconds = (clock.now - start) / .seconds(1)
    return report
  }
}
