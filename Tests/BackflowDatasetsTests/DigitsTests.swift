import Backflow
import Testing

@Suite struct `The digits` {
  let digits: Digits

  init() throws { digits = try Digits.load() }

  // From scikit-learn's documentation of load_digits, which prints the first image, the counts, and
  // the mean of the pixels, 4.884164579855314 = 561,718/115,008.
  @Test func `are the 1797 of scikit-learn`() {
    #expect(digits.images.shape == [1797, 8, 8] && digits.labels.count == 1797)
    let counts = (0..<Digits.classCount).map { digit in digits.labels.count { $0 == digit } }
    #expect(counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    #expect(Array(digits.labels[..<20]) == Array(0...9) + Array(0...9))
    #expect(digits.labels.last == 8)
    #expect(Tensor<Double>(digits.images).sum() * 16 == 561_718)
  }

  @Test func `begin with this zero`() {
    let first: [Float] = [
      0, 0, 5, 13, 9, 1, 0, 0,
      0, 0, 13, 15, 10, 15, 5, 0,
      0, 3, 15, 2, 0, 11, 8, 0,
      0, 4, 12, 0, 0, 8, 8, 0,
      0, 5, 8, 0, 0, 9, 8, 0,
      0, 4, 11, 0, 1, 12, 7, 0,
      0, 2, 14, 5, 10, 12, 0, 0,
      0, 0, 6, 13, 10, 0, 0, 0,
    ]
    #expect(digits.images.select(0) * 16 == Tensor(first, shape: [8, 8]))
  }

  @Test func `have the gray levels 0 to 16, from 0 to 1`() {
    let levels = Set(digits.images.elements)
    #expect(levels == Set((0...16).map { Float($0) / 16 }))
  }

  @Test func `have one channel for a convolution`() {
    let images = digits.imagesWithChannel
    #expect(images.shape == [1797, 1, 8, 8])
    #expect(images.elements == digits.images.elements)
  }

  @Test func `are split into two parts that are disjoint and complete`() {
    let (training, heldOut) = digits.split
    #expect(training.labels.count == 1438 && heldOut.labels.count == 359)
    // No image occurs twice, so that the images can be compared as sets.
    let all = samples(of: digits)
    #expect(all.count == 1797)
    #expect(samples(of: training).isDisjoint(with: samples(of: heldOut)))
    #expect(samples(of: training).union(samples(of: heldOut)) == all)
    for digit in 0..<10 { #expect(heldOut.labels.count { $0 == digit } >= 28) }
  }

  @Test func `are always split in the same way`() {
    // From a Python implementation of xoshiro256**, Lemire's bounded integers, and Fisher–Yates,
    // with seed 1797.
    let first = [1661, 1133, 1227, 1101, 294, 898, 418, 913, 526, 1591]
    let (training, heldOut) = digits.split
    #expect(heldOut.samples(at: Array(0..<10)).images == digits.samples(at: first).images)
    #expect(Array(heldOut.labels[..<10]) == [4, 6, 1, 5, 8, 8, 5, 8, 0, 0])
    #expect(training.labels.count { $0 == 0 } == 178 - 28)
    #expect(digits.split.heldOut.images == heldOut.images)
  }

  @Test func `are gathered with their labels`() {
    let some = digits.samples(at: [3, 0, 3])
    #expect(some.images.shape == [3, 8, 8] && some.labels == [3, 0, 3])
    for (place, index) in [3, 0, 3].enumerated() {
      #expect(some.images.select(place) == digits.images.select(index))
    }
  }

  @Test func `are sequences of rows`() {
    let some = digits.samples(at: [0, 7])
    let sequence = some.rowsAsSequence
    #expect(sequence.shape == [8, 2, 8])
    for step in 0..<8 {
      for sample in 0..<2 {
        for feature in 0..<8 {
          #expect(sequence[step, sample, feature] == some.images[sample, step, feature])
        }
      }
    }
    #expect(digits.rowsAsSequence.shape == [8, 1797, 8])
  }

  /// The images with their labels.
  private func samples(of digits: Digits) -> Set<[Float]> {
    let pixels = digits.images.elements
    return Set(
      digits.labels.enumerated().map { index, label in
        pixels[(64 * index)..<(64 * index + 64)] + [Float(label)]
      })
  }
}

@Suite struct `Decoding digits` {
  @Test func `accepts records of 64 pixels and a label`() throws {
    let bytes = (0..<64).map { UInt8($0 % 17) } + [9] + [UInt8](repeating: 16, count: 64) + [0]
    let digits = try Digits.decode(bytes)
    #expect(digits.labels == [9, 0])
    #expect(digits.images[0, 0, 1] == 1.0 / 16 && digits.images[0, 7, 7] == 12.0 / 16)
    #expect(digits.images.select(1) == .ones([8, 8]))
  }

  @Test(arguments: [1, 64, 66, 129])
  func `rejects an incomplete record`(count: Int) {
    let error = #expect(throws: Digits.LoadingError.self) {
      try Digits.decode([UInt8](repeating: 0, count: count))
    }
    #expect(error?.description == "expected records of 65 bytes, found \(count) bytes")
  }

  @Test(arguments: [(65, 17), (128, 255), (129, 10)])
  func `rejects a gray level above 16 and a label above 9`(place: Int, value: UInt8) {
    var bytes = [UInt8](repeating: 0, count: 130)
    bytes[place] = value
    let error = #expect(throws: Digits.LoadingError.self) { try Digits.decode(bytes) }
    #expect(error?.description == "the record at byte 65 is not a digit")
    bytes[place] = 9
    #expect(throws: Never.self) { try Digits.decode(bytes) }
  }
}
