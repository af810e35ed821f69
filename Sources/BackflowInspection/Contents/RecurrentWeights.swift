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

  /// A tensor and its name.
  public struct Named: Sendable {
    /// The name of the tensor.
    public let name: String
    /// The tensor.
    public let tensor: StoredTensor
  }

  /// The kind of a recurrent cell, which the ratio G of the rows and columns of W_hh reveals.
  public enum Kind: String, Sendable, Codable, CaseIterable {
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
  /// layer, or are any other pair that differs in `ih` and `hh`, such as `enc_w_ih` and `enc_w_hh`.
  public static func all(in checkpoint: Checkpoint) -> [RecurrentWeights] {
    checkpoint.tensors.keys.compactMap { RecurrentWeights($0, in: checkpoint) }
  }

  /// The layer whose W_hh has this name, or `nil` if the tensor is not a W_hh.
  private init?(_ name: String, in checkpoint: Checkpoint) {
    guard let tensor = checkpoint[name], tensor.type.isFloatingPoint, tensor.type.realType == nil,
      tensor.shape.count == 2, tensor.count > 0, let names = RecurrentNames(name)
    else { return nil }
    let (rows, columns) = (tensor.shape[0], tensor.shape[1])
    guard let kind = Kind.allCases.first(where: { rows == $0.gates.count * columns }) else {
      return nil
    }
    func found(_ candidates: [String], _ fits: ([Int]) -> Bool) -> Named? {
      for name in candidates {
        if let tensor = checkpoint[name], fits(tensor.shape) {
          return Named(name: name, tensor: tensor)
        }
      }
      return nil
    }
    (self.kind, hiddenSize) = (kind, columns)
    (network, suffix) = (names.network, names.suffix)
    recurrent = Named(name: name, tensor: tensor)
    input = found([names.input]) { $0.count == 2 && $0[0] == rows }
    inputBias = found(names.inputBias) { $0 == [rows] }
    recurrentBias = found(names.recurrentBias) { $0 == [rows] }
  }
}

/// The names of the tensors of a recurrent layer, from that of W_hh.
private struct RecurrentNames {
  let network: String
  let suffix: String
  let input: String
  let inputBias: [String]
  let recurrentBias: [String]

  /// Finds the last `hh` that is a word of its own, or follows the letter W or U.
  init?(_ name: String) {
    let letters = Array(name)
    func isWord(_ start: Int) -> Bool {
      let before = start > 0 ? letters[start - 1] : "_"
      let after = start + 2 < letters.count ? letters[start + 2] : "_"
      return (!before.isLetter || "wWuU".contains(before)) && !after.isLetter
    }
    guard
      let start = letters.indices.dropLast().last(where: {
        letters[$0].lowercased() == "h" && letters[$0 + 1].lowercased() == "h" && isWord($0)
      })
    else { return nil }
    let head = String(letters[..<start])
    let tail = String(letters[(start + 2)...])
    let (i, h) = letters[start].isUppercase ? ("I", "H") : ("i", "h")
    input = head + i + h + tail
    let biasHeads = RecurrentNames.biasHeads(head)
    inputBias = biasHeads.map { $0 + i + h + tail }
    recurrentBias = biasHeads.map { $0 + h + h + tail }
    network = RecurrentNames.stem(head)
    suffix = tail
  }

  /// Returns what may stand before `ih` in the name of a bias.
  private static func biasHeads(_ head: String) -> [String] {
    var heads: [String] = []
    for (weight, bias) in [
      ("weight", "bias"), ("Weight", "Bias"), ("w", "b"), ("W", "b"), ("W", "B"),
    ] {
      if let range = head.ranges(of: weight).last {
        heads.append(head.replacingCharacters(in: range, with: bias))
      }
    }
    return heads
  }

  /// Returns the name of the network, without the word for a weight and punctuation.
  private static func stem(_ head: String) -> String {
    var stem = Substring(head)
    for word in ["weight_", "weights_", "weight.", "w_", "W_", "w", "W", "U", "u"]
    where stem.hasSuffix(word) {
      stem = stem.dropLast(word.count)
      break
    }
    while let last = stem.last, "._".contains(last) { stem = stem.dropLast() }
    return String(stem)
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}
