internal import BackflowKernels

/// A seeded stream of random numbers: the same seed gives the same bits on every platform.
///
/// The generator is xoshiro256** 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number
/// generators", ACM TOMS 47, 2021), its state filled from the seed by SplitMix64 as its authors
/// advise. Everything drawn from it is formed with integer arithmetic and with the operations that
/// IEEE 754 rounds exactly (+, −, ×, ÷, √), never with a platform's `log` or `cos`.
public struct RandomSource: RandomNumberGenerator, Sendable {
  /// The generator's state: saved and given to `init(state:)`, the stream goes on with the same bits.
  public private(set) var state: (UInt64, UInt64, UInt64, UInt64)

  /// The stream that goes on from a state of the generator. Stops if it is all zero, which no stream
  /// reaches and none leaves.
  public init(state: (UInt64, UInt64, UInt64, UInt64)) {
    require(state != (0, 0, 0, 0), "the state of a random source cannot be all zero")
    self.state = state
  }

  /// A stream that depends on nothing but `seed`.
  public init(seed: UInt64) {
    var splitMix = SplitMix64(state: seed)
    state = (splitMix.next(), splitMix.next(), splitMix.next(), splitMix.next())
  }

  /// The next 64 random bits.
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

  /// A stream of its own, independent of what this one gives next: one for each worker or layer.
  public mutating func split() -> RandomSource { RandomSource(seed: next()) }
}

// MARK: - Single draws

extension RandomSource {
  /// Uniform on [0, 1): a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Standard normal, by inverting the distribution function (`StandardNormal.quantile`).
  public mutating func normal() -> Double {
    // The midpoints of 2⁵² equal cells, each of which a double holds exactly: never 0, never 1.
    StandardNormal.quantile((Double(next() >> 12) + 0.5) * 0x1p-52)
  }

  /// Uniform on 0 ..< `bound`, without bias (Lemire, ACM TOMACS 29, 2019). Stops unless `bound` > 0.
  public mutating func integer(below bound: Int) -> Int {
    require(bound > 0, "a random integer needs a positive bound, not \(bound)")
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }

  /// The numbers 0 ..< `count` in random order, every order equally likely (Fisher–Yates). Stops if
  /// `count` < 0.
  public mutating func permutation(_ count: Int) -> [Int] {
    require(count >= 0, "a permutation has 0 numbers or more, not \(count)")
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, integer(below: last + 1))
    }
    return order
  }
}

/// Turns one word into a sequence of well-mixed ones (Steele, Lea and Flood, OOPSLA 2014).
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
