internal import BackflowKernels

/// A seeded random number generator that gives the same bits on every platform.
///
/// The generator is xoshiro256** 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number
/// generators", ACM TOMS 47, 2021). SplitMix64 fills its state from the seed, as its authors
/// recommend. All distributions use integer arithmetic and the operations that IEEE 754 rounds
/// exactly (+, −, ×, ÷, √), never the `log` or `cos` of a platform.
public struct RandomSource: RandomNumberGenerator, Sendable {
  /// The state of the generator. A generator created with `init(state:)` from a saved state
  /// continues with the same bits.
  public private(set) var state: (UInt64, UInt64, UInt64, UInt64)

  /// Creates a generator that continues from a saved state.
  ///
  /// - Precondition: The state is not all zero. No seed leads to that state, and the generator
  ///   never leaves it.
  public init(state: (UInt64, UInt64, UInt64, UInt64)) {
    require(state != (0, 0, 0, 0), "the state of a random source must not be all zero")
    self.state = state
  }

  /// Creates a generator from a seed.
  public init(seed: UInt64) {
    var splitMix = SplitMix64(state: seed)
    state = (splitMix.next(), splitMix.next(), splitMix.next(), splitMix.next())
  }

  /// Returns the next 64 random bits.
  public mutating func next() -> UInt64 {
    let result = (state.1 &* 5).rotated(left: 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = state.3.rotated(left: 45)
    return result
  }

  /// Returns a new generator, independent of the subsequent output of this one, for example for a
  /// worker or a layer.
  public mutating func split() -> RandomSource { RandomSource(seed: next()) }
}

// MARK: - Single numbers

extension RandomSource {
  /// Returns a number uniform on [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Returns a number with the standard normal distribution, by inverting the distribution function
  /// (`StandardNormal.quantile`).
  public mutating func normal() -> Double {
    // The midpoints of 2⁵² equal cells are exact in double precision and never 0 or 1.
    StandardNormal.quantile((Double(next() >> 12) + 0.5) * 0x1p-52)
  }

  /// Returns an integer uniform on 0 ..< `bound`, without bias (Lemire, ACM TOMACS 29, 2019).
  ///
  /// - Precondition: `bound` is positive.
  public mutating func integer(below bound: Int) -> Int {
    require(bound > 0, "the bound of a random integer must be positive, got \(bound)")
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }

  /// Returns the numbers 0 ..< `count` in random order; all orders are equally likely
  /// (Fisher–Yates).
  ///
  /// - Precondition: `count` is not negative.
  public mutating func permutation(_ count: Int) -> [Int] {
    require(count >= 0, "the length of a permutation must not be negative, got \(count)")
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, integer(below: last + 1))
    }
    return order
  }
}

/// The generator SplitMix64, which expands one word to a sequence of well-mixed words (Steele, Lea
/// and Flood, OOPSLA 2014).
package struct SplitMix64 {
  private var state: UInt64

  package init(state: UInt64) { self.state = state }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension UInt64 {
  fileprivate func rotated(left count: UInt64) -> UInt64 {
    (self << count) | (self >> (64 - count))
  }
}
