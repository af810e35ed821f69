import Backflow

/// Tasks over text that a small grammar or a table of frequencies generates.
extension LearningTask {
  /// The characters of the grammar.
  static let alphabet = Array(" .abcdefghijklmnopqrstuvwxyz")

  /// The layout of the characters of a text.
  enum TextShape {
    /// One-hot, [T, B, characters]
    case oneHot
    /// Indices, [T, B]
    case indices
    /// One-hot with the place, samples first: [B, T, characters + T]
    case samplesFirst
  }

  /// The next character of a text, at every step, scored by the loss in nats.
  static func characters(
    _ shape: TextShape, time: Int, batch: Int = 16
  ) -> LearningTask {
    var source = RandomSource(seed: 7)
    let text = sentences(4000, using: &source)
    return classification(classes: alphabet.count, batch: batch, scoresLoss: true) { size, random in
      let starts = (0..<size).map { _ in random.integer(below: text.count - time) }
      switch shape {
      case .indices, .oneHot:
        let places = (0..<time).flatMap { t in starts.map { $0 + t } }
        let labels = places.map { text[$0 + 1] }
        let indices = places.map { text[$0] }
        let inputs =
          shape == .indices
          ? Tensor(indices.map { Float($0) }, shape: [time, size])
          : oneHot(indices, of: alphabet.count).reshaped(to: [time, size, alphabet.count])
        return TrainingBatch(inputs: inputs, labels: labels)
      case .samplesFirst:
        let places = starts.flatMap { start in (0..<time).map { start + $0 } }
        let tokens = oneHot(places.map { text[$0] }, of: alphabet.count)
        let times = oneHot(starts.flatMap { _ in Array(0..<time) }, of: time)
        return TrainingBatch(
          inputs: Tensor.concatenate([tokens, times], axis: 1)
            .reshaped(to: [size, time, alphabet.count + time]),
          labels: places.map { text[$0 + 1] })
      }
    }
  }

  /// The topic of a bag of tokens, as indices [B, T]. Each topic prefers its own tokens, and
  /// frequencies decrease as those of words do, so that most tokens are absent from most batches.
  static func topics(
    _ topics: Int = 4, vocabulary: Int = 400, time: Int = 20, batch: Int = 32
  ) -> LearningTask {
    classification(classes: topics, batch: batch) { size, random in
      var (indices, labels) = ([Float](), [Int]())
      for _ in 0..<size {
        let topic = random.integer(below: topics)
        labels.append(topic)
        for _ in 0..<time {
          let rank = Int(Double(vocabulary).squareRoot() * random.uniform())
          let word = rank * rank + random.integer(below: 2 * rank + 1)
          let isOwn = random.uniform() < 0.4
          let token = isOwn ? word / topics * topics + topic : word
          indices.append(Float(min(token, vocabulary - 1)))
        }
      }
      return TrainingBatch(inputs: Tensor(indices, shape: [size, time]), labels: labels)
    }
  }

  /// Rows with a single 1.
  static func oneHot(_ indices: [Int], of count: Int) -> Tensor<Float> {
    var elements = [Float](repeating: 0, count: indices.count * count)
    for (row, index) in indices.enumerated() { elements[row * count + index] = 1 }
    return Tensor(elements, shape: [indices.count, count])
  }

  /// Sentences of a small grammar, as indices of characters.
  private static func sentences(_ count: Int, using random: inout RandomSource) -> [Int] {
    let nouns = ["cat", "dog", "bird", "farmer", "river", "house"]
    let adjectives = ["old", "small", "quiet", "green"]
    let verbs = ["sees", "finds", "likes", "follows"]
    func phrase() -> String {
      let adjective =
        random.integer(below: 2) == 0
        ? adjectives[random.integer(below: adjectives.count)] + " " : ""
      return "the " + adjective + nouns[random.integer(below: nouns.count)]
    }
    var text = ""
    for _ in 0..<count {
      text += phrase() + " " + verbs[random.integer(below: verbs.count)] + " " + phrase() + ". "
    }
    let places = Dictionary(uniqueKeysWithValues: alphabet.enumerated().map { ($1, $0) })
    return text.map { places[$0] ?? 0 }
  }
}
