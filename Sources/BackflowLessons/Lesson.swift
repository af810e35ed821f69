internal import Backflow

/// The ways in which backpropagation leaks, each as a program that shows the failure, what says so,
/// and the cure.
///
/// They follow A. Karpathy, "Yes you should understand backprop", 2016.
public enum Lesson: String, Sendable, Encodable, CaseIterable {
  /// Sigmoids with large weights pass no gradient.
  case sigmoidSaturation = "sigmoid-saturation"
  /// A learning rate that is too large kills rectified units for good.
  case deadReLU = "dead-relu"
  /// A recurrence multiplies the gradient by its largest eigenvalue at every step.
  case explodingRNN = "exploding-rnn"
  /// An error that is clipped before it is squared teaches nothing.
  case clippedError = "clipped-td-error"
  /// Batch normalisation, step by step.
  case batchNorm = "batch-norm"

  /// What it teaches, in a line.
  public var message: String {
    switch self {
    case .sigmoidSaturation: "saturated sigmoids pass no gradient on"
    case .deadReLU: "a step too long kills rectified units for good"
    case .explodingRNN: "a recurrence multiplies the gradient by its eigenvalue at every step"
    case .clippedError: "an error that is clipped inside the loss teaches nothing"
    case .batchNorm: "the gradient of batch normalisation flows through mean and variance as well"
    }
  }

  /// Runs the lesson. The same seed and number of threads give the same report on one instruction
  /// set, but for the seconds.
  ///
  /// - Throws: what keeps it from running, such as a data set that is missing.
  public func run(seed: UInt64 = 1) throws -> LessonReport {
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
