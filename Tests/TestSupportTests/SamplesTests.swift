import TestSupport
import Testing

@Suite struct `The sample numbers` {
  @Test func `are the same in both precisions`() {
    #expect(samples(1000, as: Float.self).map(Double.init) == samples(1000, as: Double.self))
  }

  @Test func `depend only on the seed`() {
    #expect(samples(20, seed: 3, as: Double.self) == samples(20, seed: 3, as: Double.self))
    #expect(samples(20, seed: 3, as: Double.self) != samples(20, seed: 4, as: Double.self))
    #expect(samples(20, as: Float.self)[..<10] == samples(10, as: Float.self)[...])
  }

  @Test func `are in −1 ..< 1, on both sides of 0`() {
    let numbers = samples(10_000, as: Double.self)
    #expect(numbers.allSatisfy { $0 >= -1 && $0 < 1 })
    #expect((4800...5200).contains(numbers.count { $0 < 0 }))
    #expect(Set(numbers).count > 9990)
  }
}
