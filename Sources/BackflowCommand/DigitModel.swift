internal import ArgumentParser
internal import Backflow
internal import Foundation

/// The networks for digit classification with their default settings, which were chosen on parts of
/// the training images, without the held-out fifth.
enum DigitModel: String, ExpressibleByArgument, CaseIterable {
  case rnn, lstm, gru, convolution

  /// The default number of hidden units of a recurrent network.
  var hiddenSize: Int { self == .lstm ? 128 : 64 }

  /// The default learning rate for Adam. With the rate of the vanilla network, gated networks have
  /// learned less after 40 epochs.
  var learningRate: Double { self == .lstm || self == .gru ? 0.01 : 0.003 }

  /// Returns the learning-rate schedule. The higher rate of gated networks decreases to zero, so
  /// that the accuracy does not depend on the last steps.
  func schedule(learningRate: Double, steps: Int) -> any Schedule {
    self == .lstm || self == .gru
      ? CosineSchedule(learningRate, steps: steps) : ConstantSchedule(learningRate)
  }

  /// The form of the images that the network takes.
  var input: KeyPath<Digits, Tensor<Float>> {
    self == .convolution ? \.imagesWithChannel : \.rowsAsSequence
  }

  /// Returns a network with randomly initialized weights. A convolutional network ignores
  /// `hiddenSize`.
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

  /// The names of the parameters, which do not depend on the hidden size.
  var parameterNames: [String] {
    var random = RandomSource(seed: 0)
    return network(hiddenSize: 1, using: &random).namedParameters.map(\.name)
  }
}
