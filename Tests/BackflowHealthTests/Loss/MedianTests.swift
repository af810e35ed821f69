import Backflow
import Testing

@testable import BackflowHealth

@Suite struct `The median` {
  @Test func `is the middle of the values in ascending order`() {
    var random = RandomSource(seed: 5)
    for count in 1..<70 {
      // Many values come more than once.
      let values = (0..<count).map { _ in Double(random.next() % 16) - 8 }
      let sorted = values.sorted()
      let middle = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
      #expect(median(of: values) == middle)
      #expect(median(of: sorted) == middle && median(of: sorted.reversed()) == middle)
    }
    #expect(median(of: []).isNaN)
    #expect(median(of: [.infinity, 1, -.infinity]) == 1)
  }
}
