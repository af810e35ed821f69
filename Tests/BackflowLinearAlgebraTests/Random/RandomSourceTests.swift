import BackflowLinearAlgebra
import TestSupport
import Testing

@Suite struct `The random generator` {
  // The outputs of the authors' C programs for these states: xoshiro256starstar.c for {1, 2, 3, 4}
  // (also the reference vector of Rust's rand_xoshiro) and splitmix64.c for 1234567. Both were
  // verified with a Python implementation of the published algorithms.
  @Test func `is xoshiro256**`() {
    var source = RandomSource(state: (1, 2, 3, 4))
    let expected: [UInt64] = [
      11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
      607_988_272_756_665_600, 16_172_922_978_634_559_625, 8_476_171_486_693_032_832,
      10_595_114_339_597_558_777, 2_904_607_092_377_533_576,
    ]
    #expect(expected.map { _ in source.next() } == expected)
  }

  @Test func `continues from a saved state with the same bits`() async {
    var source = RandomSource(seed: 7)
    for _ in 0..<5 { _ = source.next() }
    var other = RandomSource(state: source.state)
    #expect((0..<20).map { _ in other.next() } == (0..<20).map { _ in source.next() })
    #expect(other.state == source.state)
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = RandomSource(state: (0, 0, 0, 0))
    }
    #expect(stopMessage(result).contains("must not be all zero"))
  }

  @Test func `is seeded by SplitMix64`() {
    var splitMix = SplitMix64(state: 1_234_567)
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect(expected.map { _ in splitMix.next() } == expected)

    // Both together, from the same implementation.
    let firsts: [UInt64: [UInt64]] = [
      0: [0x99EC_5F36_CB75_F2B4, 0xBF6E_1F78_4956_452A, 0x1A5F_849D_4933_E6E0],
      1: [0xB3F2_AF6D_0FC7_10C5, 0x853B_5596_4736_4CEA, 0x92F8_9756_082A_4514],
      7: [0xB358_FAF7_4EF9_765A, 0x475C_3D96_4F48_2CD2, 0xD6F1_D349_952C_7996],
    ]
    for (seed, expected) in firsts {
      var source = RandomSource(seed: seed)
      #expect(expected.map { _ in source.next() } == expected)
    }
  }

  @Test func `is a value: a copy is independent`() {
    var source = RandomSource(seed: 5)
    var copy = source
    let first = (0..<10).map { _ in source.next() }
    #expect((0..<10).map { _ in copy.next() } == first)
  }

  @Test func `has every bit set half of the time`() {
    var source = RandomSource(seed: 11)
    let draws = 1 << 14
    var counts = [Int](repeating: 0, count: 64)
    for _ in 0..<draws {
      let bits = source.next()
      for bit in 0..<64 { counts[bit] += Int(bits >> UInt64(bit) & 1) }
    }
    // Five standard deviations of a binomial count.
    let bound = 5 * Int(Double(draws).squareRoot() / 2)
    for count in counts { #expect(abs(count - draws / 2) < bound) }
  }

  @Test func `splits into independent streams`() {
    var parent = RandomSource(seed: 3)
    var again = parent
    var children = [parent.split(), parent.split(), parent]
    var sameChild = again.split()
    let outputs = children.indices.map { child in (0..<1000).map { _ in children[child].next() } }
    #expect(Set(outputs.joined()).count == 3000)
    #expect((0..<1000).map { _ in sameChild.next() } == outputs[0])
  }
}

@Suite struct `A uniform number` {
  @Test func `is the top 53 bits over 2⁵³`() {
    // From the Python implementation: (next() >> 11) · 2⁻⁵³ for seed 7.
    let expected = [
      0x1.66b1f5ee9df2ep-1, 0x1.1d70f6593d20ap-2, 0x1.ade3a6932a58fp-1, 0x1.f65270e63d00ep-1,
      0x1.fb5209d8fca80p-1, 0x1.bedc39c76c431p-1,
    ]
    var source = RandomSource(seed: 7)
    #expect(expected.map { _ in source.uniform() } == expected)
    // From states whose outputs are all ones and all zeros.
    var largest = RandomSource(state: (0, allOnesNext, 0, 0))
    #expect(largest.uniform() == 1 - 0x1p-53)
    var smallest = RandomSource(state: (1, 0, 0, 0))
    #expect(smallest.uniform() == 0)
  }

  @Test func `is uniform on 0 ..< 1`() {
    var source = RandomSource(seed: 2026)
    let draws = (0..<100_000).map { _ in source.uniform() }
    #expect(draws.allSatisfy { $0 >= 0 && $0 < 1 })
    // Within five standard deviations.
    let count = Double(draws.count)
    #expect(abs(mean(draws) - 0.5) < 5 * (1 / (12 * count)).squareRoot())
    let variance = mean(draws.map { ($0 - 0.5) * ($0 - 0.5) })
    #expect(abs(variance - 1.0 / 12) < 5 * 0.0745 / count.squareRoot())

    var bins = [Int](repeating: 0, count: 256)
    for draw in draws { bins[Int(draw * 256)] += 1 }
    expectEven(bins)
    // Pairs of successive numbers fill the square uniformly.
    var pairs = [Int](repeating: 0, count: 256)
    for index in stride(from: 0, to: draws.count, by: 2) {
      pairs[Int(draws[index] * 16) * 16 + Int(draws[index + 1] * 16)] += 1
    }
    expectEven(pairs)
  }
}

@Suite struct `A random integer` {
  @Test func `is below its bound and takes every value`() {
    var source = RandomSource(seed: 1)
    for bound in [1, 2, 3, 10, 255, 256] {
      let draws = (0..<(bound * 40)).map { _ in source.integer(below: bound) }
      #expect(Set(draws) == Set(0..<bound))
    }
    for bound in [Int.max, 1 << 62, (1 << 62) + 1] {
      #expect((0..<1000).allSatisfy { _ in (0..<bound).contains(source.integer(below: bound)) })
    }
  }

  @Test func `is the one of Lemire's algorithm`() {
    // From the Python implementation: the high word of next() · 10 for seed 7.
    var source = RandomSource(seed: 7)
    #expect(
      (0..<12).map { _ in source.integer(below: 10) } == [7, 2, 8, 9, 9, 8, 0, 1, 4, 1, 5, 7])
  }

  @Test func `is without bias for a small bound`() {
    var source = RandomSource(seed: 4)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[source.integer(below: 7)] += 1 }
    expectEven(counts)
  }

  @Test func `is without bias if the bound does not divide 2⁶⁴`() {
    // Without rejection, three numbers of 0 ..< 3·2⁶¹ would have 3, 3, and 2 of eight words of 2⁶⁴.
    var source = RandomSource(seed: 4)
    var counts = [Int](repeating: 0, count: 3)
    for _ in 0..<30_000 { counts[source.integer(below: 3 << 61) % 3] += 1 }
    expectEven(counts)
  }

  @Test func `needs a positive bound`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var source = RandomSource(seed: 1)
      _ = source.integer(below: 0)
    }
    #expect(stopMessage(result).contains("the bound of a random integer must be positive, got 0"))
  }
}

@Suite struct `A random permutation` {
  @Test func `has every number once`() {
    var source = RandomSource(seed: 8)
    for count in [0, 1, 2, 3, 100, 1797] {
      #expect(source.permutation(count).sorted() == Array(0..<count))
    }
    #expect(source.permutation(100) != source.permutation(100))
  }

  @Test func `is the one of Fisher and Yates`() {
    // From the Python implementation, seed 7.
    var source = RandomSource(seed: 7)
    #expect(source.permutation(10) == [1, 8, 3, 0, 4, 5, 9, 6, 2, 7])
  }

  @Test func `has every order equally often`() {
    var source = RandomSource(seed: 9)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 { counts[source.permutation(4), default: 0] += 1 }
    #expect(counts.count == 24)
    expectEven(Array(counts.values))
  }
}

/// The second word of a state whose next output has all bits set: the inverse of · 5, the rotation
/// by 7, and · 9, applied to 2⁶⁴ − 1.
let allOnesNext: UInt64 = 0x4FC7_1C71_C71C_71C7

private func mean(_ numbers: [Double]) -> Double { numbers.reduce(0, +) / Double(numbers.count) }

/// Fails unless χ² of the counts is within five standard deviations of its expectation for equal
/// probabilities.
private func expectEven(_ counts: [Int], sourceLocation: SourceLocation = #_sourceLocation) {
  let expected = Double(counts.reduce(0, +)) / Double(counts.count)
  let squares = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) }
  let freedom = Double(counts.count - 1)
  #expect(
    abs(squares / expected - freedom) < 5 * (2 * freedom).squareRoot(),
    "χ² is \(squares / expected) of \(freedom)", sourceLocation: sourceLocation)
}
