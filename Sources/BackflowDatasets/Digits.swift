public import BackflowKernels
public import BackflowLinearAlgebra
internal import CDigits

/// A data set of 1,797 handwritten digits of 8 × 8 pixels with 17 gray levels.
///
/// Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
/// Learning Repository, 1998 (doi:10.24432/C50P49), the test set, licensed under CC BY 4.0, in the
/// copy that scikit-learn provides as `load_digits`. See Sources/CDigits/digits.md.
public struct Digits: Sendable {
  /// The images, [samples, 8 rows, 8 columns], from 0 (paper) to 1 (ink).
  public let images: Tensor<Float>
  /// The digit of each image, 0 to 9.
  public let labels: [Int]

  /// The number of classes.
  public static let classCount = 10

  /// Returns the samples at `indices`, in that order.
  public func samples(at indices: [Int]) -> Digits {
    Digits(images: images.selectRows(indices), labels: indices.map { labels[$0] })
  }

  /// The images as sequences of rows from top to bottom, one row for each time step:
  /// [8 steps, samples, 8 features].
  public var rowsAsSequence: Tensor<Float> { images.permuted([1, 0, 2]) }

  /// The images with a channel axis: [samples, 1, 8, 8].
  public var imagesWithChannel: Tensor<Float> {
    images.reshaped(to: [labels.count, 1, 8, 8])
  }
}

extension Digits {
  /// An error in loading the data set.
  public struct LoadingError: BackflowError, Equatable {
    /// The reason, as a sentence.
    public let description: String
  }

  /// Returns the complete data set in its original order. The data are part of the program, not a
  /// separate file.
  ///
  /// - Throws: `LoadingError` if the data are damaged.
  public static func load() throws(LoadingError) -> Digits {
    try decode((0..<backflow_digits_count()).map(backflow_digits_byte))
  }

  /// Decodes records of 64 pixels, 0 to 16, and a label.
  package static func decode(_ bytes: [UInt8]) throws(LoadingError) -> Digits {
    let (pixels, record) = (64, 65)
    guard bytes.count.isMultiple(of: record) else {
      throw LoadingError(
        description: "expected records of \(record) bytes, found \(bytes.count) bytes")
    }
    let count = bytes.count / record
    var values: [Float] = []
    values.reserveCapacity(count * pixels)
    var labels: [Int] = []
    for start in stride(from: 0, to: bytes.count, by: record) {
      let (image, label) = (bytes[start..<start + pixels], Int(bytes[start + pixels]))
      guard image.allSatisfy({ $0 <= 16 }), label < classCount else {
        throw LoadingError(description: "the record at byte \(start) is not a digit")
      }
      values += image.map { Float($0) / 16 }
      labels.append(label)
    }
    return Digits(images: Tensor(values, shape: [count, 8, 8]), labels: labels)
  }

  /// The standard partition: a fixed random fifth is held out, and the rest is for training.
  ///
  /// The choice is random because the digits were collected in order, so that every fifth sample
  /// would hold out mostly two of the ten classes.
  public var split: (training: Digits, heldOut: Digits) {
    var random = RandomSource(seed: 1797)
    let order = random.permutation(labels.count)
    let heldOut = labels.count / 5
    return (samples(at: Array(order[heldOut...])), samples(at: Array(order[..<heldOut])))
  }
}
