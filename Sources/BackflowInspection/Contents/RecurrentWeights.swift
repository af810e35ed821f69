public import BackflowCheckpoints
internal import OrderedCollections

/// The weights of one recurrent layer in one direction, as a checkpoint has them.
public struct RecurrentWeights: Sendable {
  /// The name of the network: what all its tensors have in common at the start of their names.
  public let network: String
  /// The rest of the names: `_l1_reverse` for the backward direction of PyTorch's second layer.
  public let suffix: String
  /// The kind of the cell.
  public let kind: Kind
  /// H, the number of units.
  public let hiddenSize: Int
  /// W_hh, [G·H, H], and its name.
  public let recurrent: Named
  /// W_ih, [G·H, I], and its name.
  public let input: Named?
  /// b_ih, [G·H], and its name.
  public let inputBias: Named?
  /// b_hh, [G·H], and its name.
  public let recurrentBias: Named?
  /// Tensors with the names of W_ih or of a bias whose shapes do not fit W_hh.
  let misfits: [Misfit]

  /// A tensor whose shape does not fit.
  struct Misfit: Sendable, Equatable {
    let name: String
    let shape: [Int]
    /// The shape that would fit, such as "[12, I]".
    let expected: String
  }

  /// A tensor and its name.
  public struct Named: Sendable {
    /// The name of the tensor.
    public let name: String
    /// The tensor.
    public let tensor: StoredTensor
  }

  /// The kind of a recurrent cell, which the ratio G of the rows and columns of W_hh reveals.
  public enum Kind: String, Sendable, Encodable, CaseIterable {
    case rnn, gru, lstm

    /// The names of the gates in PyTorch's order.
    public var gates: [String] {
      switch self {
      case .rnn: ["h"]
      case .gru: ["r", "z", "n"]
      case .lstm: ["i", "f", "g", "o"]
      }
    }
  }

  /// Returns all recurrent layers whose names have PyTorch's form, with or without the number of a
  /// layer, or are any other pair that differs in `ih` and `hh`, such as `enc_w_ih` and `enc_w_hh`,
  /// or in `xh` and `hh`, such as `Wxh` and `Whh`.
  ///
  /// Left out are LSTMs with a projection, whose W_hh is [4·H, P], and what a training keeps beside
  /// a parameter: a tensor such as `exp_avg.weight_hh_l0` or `grad.rnn.weight_hh_l0`, if there is
  /// another tensor of the same shape whose name is, or ends with a dot and, what follows `exp_avg`
  /// or `grad`.
  public static func all(in checkpoint: Checkpoint) -> [RecurrentWeights] {
    let found = checkpoint.tensors.keys.compactMap { RecurrentWeights($0, in: checkpoint) }
    let parameters = found.filter { $0.companionOf == nil }
    let endings = Set(parameters.flatMap(\.endings))
    return found.filter { weights in
      guard let name = weights.companionOf else { return true }
      return !endings.contains(weights.ending(name))
    }
  }

  /// The layer whose W_hh has this name, or `nil` if the tensor is not a W_hh.
  private init?(_ name: String, in checkpoint: Checkpoint) {
    guard let tensor = checkpoint[name], tensor.type.isFloatingPoint, tensor.type.realType == nil,
      tensor.shape.count == 2, tensor.count > 0, let names = RecurrentNames(name),
      checkpoint[names.projection] == nil, !RecurrentWeights.isPart(name)
    else { return nil }
    let (rows, columns) = (tensor.shape[0], tensor.shape[1])
    guard let kind = Kind.allCases.first(where: { rows == $0.rows(columns) }) else {
      return nil
    }
    var misfits: [Misfit] = []
    func found(_ candidates: [String], _ expected: String, _ fits: ([Int]) -> Bool) -> Named? {
      let present = candidates.compactMap { name in
        checkpoint[name].map { Named(name: name, tensor: $0) }
      }.filter { $0.tensor.type.isFloatingPoint && $0.tensor.type.realType == nil }
      if let fitting = present.first(where: { fits($0.tensor.shape) }) { return fitting }
      misfits += present.prefix(1).map {
        Misfit(name: $0.name, shape: $0.tensor.shape, expected: expected)
      }
      return nil
    }
    (self.kind, hiddenSize) = (kind, columns)
    (network, suffix) = (names.network, names.suffix)
    recurrent = Named(name: name, tensor: tensor)
    input = found(names.input, "[\(rows), I]") { $0.count == 2 && $0[0] == rows }
    inputBias = found(names.inputBias, "[\(rows)]") { $0 == [rows] }
    recurrentBias = found(names.recurrentBias, "[\(rows)]") { $0 == [rows] }
    self.misfits = misfits
  }
}

extension RecurrentWeights {
  /// Whether a tensor is a part from which PyTorch computes a weight, as `weight_norm` and pruning
  /// do. The weight itself is not in the file.
  private static func isPart(_ name: String) -> Bool {
    name.split(separator: ".").contains("parametrizations")
      || ["_g", "_v", "_u", "_orig", "_mask"].contains { name.hasSuffix($0) }
  }
}

extension RecurrentWeights {
  /// Tensors with the name of a W_hh whose shape is not that of any kind of cell.
  static func misfits(in checkpoint: Checkpoint) -> [Misfit] {
    checkpoint.tensors.compactMap { name, tensor in
      guard tensor.type.isFloatingPoint, tensor.shape.count == 2, let names = RecurrentNames(name),
        !isPart(name),
        !Kind.allCases.contains(where: { tensor.shape[0] == $0.rows(tensor.shape[1]) })
      else { return nil }
      let isProjected = checkpoint[names.projection] != nil
      return Misfit(
        name: name, shape: tensor.shape,
        expected: "[H, H], [3·H, H] or [4·H, H]"
          + (isProjected ? "; an LSTM with a projection cannot be analyzed" : ""))
    }
  }
}

extension RecurrentWeights.Kind {
  /// The number of rows of W_hh for H units.
  fileprivate func rows(_ units: Int) -> Int { gates.count * units }
}

// MARK: - Gradients and moments

extension RecurrentWeights {
  /// A W_hh under a part of its name.
  private struct Ending: Hashable {
    let name: Substring
    let kind: Kind
    let hiddenSize: Int
  }

  private func ending(_ name: Substring) -> Ending {
    Ending(name: name, kind: kind, hiddenSize: hiddenSize)
  }

  /// The name of the parameter, if the name is that of a gradient or a moment.
  private var companionOf: Substring? { ParameterCompanions.parameter(of: recurrent.name) }

  /// This W_hh under its name, and under its name without the first components.
  private var endings: [Ending] { ParameterCompanions.endings(of: recurrent.name).map(ending) }
}
