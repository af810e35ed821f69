/// The names of the tensors of a recurrent layer, from that of W_hh.
struct RecurrentNames {
  /// What the names have in common at their start, without the word for a weight.
  let network: String
  /// What follows `hh`.
  let suffix: String
  /// The possible names of W_ih.
  let input: [String]
  /// The possible names of b_ih.
  let inputBias: [String]
  /// The possible names of b_hh, or of the only bias.
  let recurrentBias: [String]
  /// The name of the projection W_hr of an LSTM that has one.
  let projection: String

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
    let isUppercase = letters[start].isUppercase
    let (i, h, x, r) = isUppercase ? ("I", "H", "X", "R") : ("i", "h", "x", "r")
    input = [i, x].map { head + $0 + h + tail }
    projection = head + h + r + tail
    let biasHeads = RecurrentNames.biasHeads(head)
    inputBias = biasHeads.map { $0 + i + h + tail }
    recurrentBias = [h + h, h].flatMap { middle in biasHeads.map { $0 + middle + tail } }
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
    for word in ["weight_", "Weight_", "weights_", "weight.", "w_", "W_", "w", "W", "U", "u"]
    where stem.hasSuffix(word) {
      stem = stem.dropLast(word.count)
      break
    }
    while let last = stem.last, "._".contains(last) { stem = stem.dropLast() }
    return String(stem)
  }
}

extension String {
  func replacingCharacters(in range: Range<Index>, with text: String) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}
