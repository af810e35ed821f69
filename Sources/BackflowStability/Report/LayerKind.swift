internal import BackflowLayers

/// The kind of a recurrent layer, by its equations.
public enum LayerKind: String, Sendable, Codable, CaseIterable {
  /// A vanilla cell, h_t = φ(W_hh h_{t−1} + …).
  case rnn
  /// A leaky cell, which moves a share of the way to the value of a vanilla cell.
  case leaky
  /// A long short-term memory.
  case lstm
  /// A gated recurrent unit that resets after the product, as PyTorch's does.
  case gru
  /// A gated recurrent unit that resets before the product, as originally published.
  case originalGRU = "original_gru"
  /// A cell whose equations the library does not know.
  case other

  init(_ equations: CellEquations) {
    self =
      switch equations {
      case .leaky(_, let leak): leak == 1 ? .rnn : .leaky
      case .lstm: .lstm
      case .gru: .gru
      case .originalGRU: .originalGRU
      case .other: .other
      }
  }

  /// The kind in the words of a report.
  public var title: String {
    switch self {
    case .rnn: "RNN"
    case .leaky: "leaky RNN"
    case .lstm: "LSTM"
    case .gru: "GRU"
    case .originalGRU: "GRU with the reset gate before the product"
    case .other: "another cell"
    }
  }

  /// PyTorch's letters of the gates of a cell with `count` gates.
  func gateNames(count: Int) -> [String] {
    switch self {
    case .lstm: ["i", "f", "g", "o"]
    case .gru, .originalGRU: ["r", "z", "n"]
    case .rnn, .leaky: ["h"]
    case .other: (0..<count).map { "gate \($0)" }
    }
  }
}
