internal import Backflow

/// The network of a run: all that is needed to build it again before its parameters are read.
struct NetworkSettings: Codable, Equatable {
  /// What the network is made of.
  enum Kind: String, Codable, CaseIterable {
    case rnn, lstm, gru
    /// Dense layers with ReLU.
    case dense
    /// Two convolutions of images of 8 × 8 pixels.
    case convolution
  }

  var kind: Kind
  /// The number of input features, or of different tokens if they are embedded.
  var inputs: Int
  /// The number of features of an embedded token, or `nil` for inputs that are not tokens.
  var embedding: Int?
  var hidden: Int
  var layers: Int
  /// The share of units that training drops after each layer.
  var dropout: Double
  /// The number of outputs.
  var outputs: Int
  /// Whether a recurrent network answers after its last step only.
  var answersOnce: Bool
  /// The number of samples of a batch that begins where the batch before has ended, or `nil`.
  var carriedBatch: Int?

  /// Returns a randomly initialized network.
  ///
  /// Shapes: features [T, B, inputs] or tokens [T, B] → [B, outputs], or [T, B, outputs] if it
  /// answers at every step; dense [B, inputs] → [B, outputs]; images [B, 1, 8, 8] → [B, outputs].
  func network(using random: inout RandomSource) -> Sequential<Float> {
    switch kind {
    case .rnn: recurrent(VanillaCell<Float>.self, using: &random)
    case .lstm: recurrent(LSTMCell<Float>.self, using: &random)
    case .gru: recurrent(GRUCell<Float>.self, using: &random)
    case .convolution: digitConvolution(using: &random)
    case .dense: dense(using: &random)
    }
  }

  private func recurrent<Cell: RecurrentCell<Float>>(
    _: Cell.Type, using random: inout RandomSource
  ) -> Sequential<Float> {
    Sequential {
      if let embedding { Embedding(count: inputs, size: embedding, using: &random) }
      let network = Recurrent<Cell>(
        inputSize: embedding ?? inputs, hiddenSize: hidden, layers: layers, dropout: dropout,
        using: &random)
      if let carriedBatch {
        StatefulRecurrent(network, batch: carriedBatch)
      } else {
        network
      }
      if answersOnce { LastStep() }
      if dropout > 0 { Dropout(probability: dropout) }
      Dense(inputSize: hidden, outputSize: outputs, using: &random)
    }
  }

  private func dense(using random: inout RandomSource) -> Sequential<Float> {
    Sequential {
      for layer in 0..<layers {
        Dense(
          inputSize: layer == 0 ? inputs : hidden, outputSize: hidden, weights: .heUniform(),
          using: &random)
        ReLU()
        if dropout > 0 { Dropout(probability: dropout) }
      }
      Dense(inputSize: layers == 0 ? inputs : hidden, outputSize: outputs, using: &random)
    }
  }
}
