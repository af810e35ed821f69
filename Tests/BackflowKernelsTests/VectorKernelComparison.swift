import Testing

/// Compares the output of a kernel with a reference in Double; nil means that they agree.
///
/// The tolerance of an element is `ulps` units in the last place of T at its scale, which is the
/// expected value itself unless a scale is given. With `ulps` 0, or where the reference is exactly
/// 0, NaN or infinite, the element must be the reference rounded to T, with its sign.
func mismatch<T: BinaryFloatingPoint>(
  _ actual: [T], _ expected: [Double], ulps: Double, scale: [Double]? = nil
) -> String? {
  if actual.count != expected.count { return "\(actual.count) against \(expected.count) elements" }
  if expected.isEmpty { return "nothing was compared" }
  if !(ulps * Double(T.ulpOfOne) < 1 / 16) { return "the tolerance admits anything" }
  if let scale, scale.count != expected.count { return "\(scale.count) scales" }
  for i in expected.indices {
    let rounded = T(expected[i])
    let text = "at \(i): \(actual[i]) instead of \(expected[i])"
    if rounded.isNaN || actual[i].isNaN {
      if rounded.isNaN && actual[i].isNaN { continue }
      return text
    }
    let isExact = ulps == 0 || (expected[i] == 0 && scale == nil) || rounded.isInfinite
    if isExact {
      if actual[i] == rounded && actual[i].sign == rounded.sign { continue }
      return text
    }
    let unit = T(scale?[i] ?? expected[i]).magnitude.ulp
    if !((Double(actual[i]) - expected[i]).magnitude <= ulps * Double(unit)) {
      return text + ", \((Double(actual[i]) - expected[i]).magnitude / Double(unit)) ulp"
    }
  }
  return nil
}

/// The elements, initially `initial`, after `kernel` wrote to them. Their address is not aligned
/// for any vector, and the elements around them must not change.
func written<T: BinaryFloatingPoint>(
  _ initial: [T], by kernel: (UnsafeMutablePointer<T>) -> Void
) -> [T] {
  let margin = 17
  let canary = T(-12345.5)
  var all = [T](repeating: canary, count: margin) + initial
  all += [T](repeating: canary, count: margin)
  all.withUnsafeMutableBufferPointer { all in
    if let start = all.baseAddress { kernel(start + margin) }
  }
  let around = all.prefix(margin) + all.suffix(margin)
  #expect(around.allSatisfy { $0 == canary }, "a kernel wrote outside its output")
  return Array(all[margin..<margin + initial.count])
}

func written<T: BinaryFloatingPoint>(
  count: Int, by kernel: (UnsafeMutablePointer<T>) -> Void
) -> [T] {
  written([T](repeating: 77, count: count), by: kernel)
}

/// Inputs for tests.
enum Samples {
  /// Lengths around the widths of vectors, and of groups of vectors.
  static let lengths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 103, 131]

  /// The values that are most likely to go wrong.
  static func specials<T: BinaryFloatingPoint>(of _: T.Type) -> [T] {
    let positive: [T] = [
      0, .leastNonzeroMagnitude, .leastNormalMagnitude / 2, .leastNormalMagnitude, .ulpOfOne, 0.5,
      1,
      2, 3.25, 100, .greatestFiniteMagnitude, .infinity, .nan,
    ]
    return positive + positive.map { -$0 }
  }

  /// Uniformly distributed in `range`, the same for each call.
  static func uniform<T: BinaryFloatingPoint>(
    _ count: Int, in range: ClosedRange<Double>, seed: UInt64 = 1
  ) -> [T] {
    var state = seed
    return (0..<count).map { _ in
      T(range.lowerBound + (range.upperBound - range.lowerBound) * nextUnit(&state))
    }
  }

  /// Numbers of every magnitude of T and of both signs.
  static func everyMagnitude<T: BinaryFloatingPoint>(_ count: Int) -> [T] {
    var state: UInt64 = 9
    let exponents = Int(T.leastNonzeroMagnitude.exponent)...Int(T.greatestFiniteMagnitude.exponent)
    return (0..<count).map { i in
      let exponent = exponents.lowerBound + Int(nextUnit(&state) * Double(exponents.count))
      let magnitude = T(sign: .plus, exponent: T.Exponent(exponent), significand: 1)
      return (i % 2 == 0 ? 1 : -1) * magnitude * T(1 + nextUnit(&state) / 2)
    }
  }

  /// A step of Steele, Lea and Flood's SplitMix64, as a number in [0, 1).
  private static func nextUnit(_ state: inout UInt64) -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }
}
