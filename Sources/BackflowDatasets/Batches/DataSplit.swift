internal import BackflowKernels
internal import BackflowLinearAlgebra

/// A random division of samples into parts for training, validation and test.
///
/// The parts are disjoint and complete, and the samples of each are in random order. The same
/// arguments give the same parts on every platform.
public struct DataSplit: Sendable, Equatable {
  /// The indices of the samples for training.
  public let training: [Int]
  /// The indices of the samples for validation, such as for early stopping.
  public let validation: [Int]
  /// The indices of the samples for the test.
  public let test: [Int]

  /// Divides `count` samples. The validation and the test get their shares, rounded to nearest, and
  /// the training gets the rest.
  ///
  /// - Precondition: The shares are not negative, and their sum is at most 1.
  /// - Complexity: O(count)
  public init(count: Int, validation: Double, test: Double = 0, seed: UInt64) {
    self.init(
      stratifying: [Int](repeating: 0, count: count), validation: validation, test: test,
      seed: seed)
  }

  /// Divides samples so that every label has the same shares in each part, as far as whole numbers
  /// permit: for a label with n samples, the number of those in the validation and in the test
  /// differs from share · n by less than 1. The sizes of these parts are the shares of all samples,
  /// rounded to nearest, wherever the labels permit it.
  ///
  /// - Precondition: The shares are not negative, and their sum is at most 1.
  /// - Complexity: O(n + c log c) for n samples and c labels
  public init(
    stratifying labels: [Int], validation: Double, test: Double = 0, seed: UInt64
  ) {
    require(
      validation >= 0 && test >= 0 && validation + test <= 1 + 1e-12,
      "DataSplit: the shares \(validation) for validation and \(test) for the test are not in 0...1"
        + " with a sum of at most 1")
    var random = RandomSource(seed: seed)
    // The samples of each label, in random order.
    var members: [Int: [Int]] = [:]
    for index in random.permutation(labels.count) {
      members[labels[index], default: []].append(index)
    }
    let groups = members.sorted { $0.key < $1.key }.map(\.value)
    let sizes = groups.map(\.count)
    let tests = apportion(test, of: sizes, atMost: sizes)
    let validations = apportion(
      validation, of: sizes, atMost: zip(sizes, tests).map { $0 - $1 })

    var (training, validation, test) = ([Int](), [Int](), [Int]())
    for (group, (testCount, validationCount)) in zip(groups, zip(tests, validations)) {
      test += group[..<testCount]
      validation += group[testCount..<testCount + validationCount]
      training += group[(testCount + validationCount)...]
    }
    self.training = random.shuffled(training)
    self.validation = random.shuffled(validation)
    self.test = random.shuffled(test)
  }
}

/// Returns whole numbers close to share · size, by the method of the largest remainder: each is
/// rounded down, and those with the largest remainders are rounded up until the sum is that of the
/// shares, rounded to nearest.
private func apportion(_ share: Double, of sizes: [Int], atMost limits: [Int]) -> [Int] {
  let total = Int((share * Double(sizes.reduce(0, +))).rounded())
  var counts = zip(sizes, limits).map { min(Int(share * Double($0)), $1) }
  let remainders = sizes.map { share * Double($0) - (share * Double($0)).rounded(.down) }
  // Of equal remainders, the first counts.
  let order = sizes.indices.sorted { (remainders[$1], $0) < (remainders[$0], $1) }
  var missing = total - counts.reduce(0, +)
  for index in order where missing > 0 && remainders[index] > 0 && counts[index] < limits[index] {
    counts[index] += 1
    missing -= 1
  }
  return counts
}

extension RandomSource {
  /// Returns the elements in random order; all orders are equally likely.
  fileprivate mutating func shuffled(_ elements: [Int]) -> [Int] {
    permutation(elements.count).map { elements[$0] }
  }
}
