import Backflow

/// The digits, loaded once.
enum DigitData {
  static let split = {
    guard let digits = try? Digits.load() else { fatalError("the digits are missing") }
    return digits.split
  }()
  static var training: Digits { split.training }
  static var heldOut: Digits { split.heldOut }
}

/// The shape in which a network reads the digits.
enum DigitShape {
  /// [B, 64]
  case flat
  /// [B, 1, 8, 8]
  case channel
  /// Sequences of this number of pixels at a time, [T, B, pixels].
  case pixels(Int)

  func callAsFunction(_ digits: Digits) -> Tensor<Float> {
    let count = digits.labels.count
    switch self {
    case .flat: return digits.images.reshaped(to: [count, 64])
    case .channel: return digits.imagesWithChannel
    case .pixels(let width):
      return digits.images.reshaped(to: [count, 64 / width, width]).permuted([1, 0, 2])
    }
  }
}

extension LearningTask {
  /// Classification of digits.
  ///
  /// - Parameters:
  ///   - shape: The shape of the inputs.
  ///   - batch: The samples of a step, drawn at random, or all if there are no more.
  ///   - only: The digits to tell apart; `nil` for all.
  ///   - limit: The number of training samples.
  static func digits(
    _ shape: DigitShape = .flat, batch: Int = 32, only: [Int]? = nil, limit: Int = .max,
    reduction: Reduction = .mean, labelSmoothing: Double = 0
  ) -> LearningTask {
    let chosen = only ?? Array(0..<Digits.classCount)
    func select(_ digits: Digits, _ limit: Int) -> Digits {
      digits.samples(
        at: Array(digits.labels.indices.filter { chosen.contains(digits.labels[$0]) }.prefix(limit))
      )
    }
    func shown(_ digits: Digits) -> TrainingBatch {
      TrainingBatch(
        inputs: shape(digits), labels: digits.labels.map { chosen.firstIndex(of: $0) ?? 0 })
    }
    let training = select(DigitData.training, limit)
    return classification(
      classes: chosen.count, batch: batch, reduction: reduction, labelSmoothing: labelSmoothing,
      heldOut: shown(select(DigitData.heldOut, .max))
    ) { size, random in
      shown(training.sample(size, using: &random))
    }
  }

  /// The task of reproducing the images.
  static func digitImages(batch: Int = 32) -> LearningTask {
    func shown(_ digits: Digits) -> TrainingBatch {
      TrainingBatch(inputs: DigitShape.flat(digits), targets: DigitShape.flat(digits))
    }
    return regression(batch: batch, heldOut: shown(DigitData.heldOut)) {
      shown(DigitData.training.sample($0, using: &$1))
    }
  }
}

extension Digits {
  /// Samples drawn at random, or all if there are no more.
  fileprivate func sample(_ count: Int, using random: inout RandomSource) -> Digits {
    if count >= labels.count { return self }
    return samples(at: (0..<count).map { _ in random.integer(below: labels.count) })
  }
}
