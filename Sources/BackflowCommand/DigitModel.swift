internal import ArgumentParser
internal import Backflow
internal import Foundation

/// The networks that can read the digits, each with the settings that suit it. They were chosen on
/// parts of the training images; the held-out fifth had no say.
enum DigitModel: String, ExpressibleByArgument, CaseIterable {
  case rnn, lstm, gru, convolution

  /// The hidden units of a recurrence if none are asked for.
  var hiddenSize: Int { self == .lstm ? 128 : 64 }

  /// Adam's learning rate if none is asked for. At that of a vanilla recurrence, gates have learned
  /// less after 40 passes.
  var learningRate: Double { self == .lstm || self == .gru ? 0.01 : 0.003 }

  /// How the rate goes on from there. That of gates, being higher, falls to zero, or the last steps
  /// would decide by chance how well the network reads.
  func schedule(learningRate: Double, steps: Int) -> any Schedule {
    self == .lstm || self == .gru
      ? CosineSchedule(learningRate, steps: steps) : ConstantSchedule(learningRate)
  }

  /// The form in which the network takes the images.
  var input: KeyPath<Digits, Tensor<Float>> {
    self == .convolution ? \.imagesWithChannel : \.rowsAsSequence
  }

  /// A network with freshly drawn weights. A convolution has no use for `hiddenSize`.
  func network(hiddenSize: Int, using random: inout RandomSource) -> any Layer<Float> {
    switch self {
    case .rnn:
      let rnn = RNN<Float>(inputSize: 8, hiddenSize: hiddenSize, using: &random)
      return DigitReader(rnn, named: rawValue, using: &random)
    case .lstm:
      let lstm = LSTM<Float>(inputSize: 8, hiddenSize: hiddenSize, using: &random)
      return DigitReader(lstm, named: rawValue, using: &random)
    case .gru:
      let gru = GRU<Float>(inputSize: 8, hiddenSize: hiddenSize, using: &random)
      return DigitReader(gru, named: rawValue, using: &random)
    case .convolution:
      return digitConvolution(using: &random)
    }
  }

  /// The names of the parameters, whatever the hidden size.
  var parameterNames: [String] {
    var random = RandomSource(seed: 0)
    return network(hiddenSize: 1, using: &random).namedParameters.map(\.name)
  }
}
