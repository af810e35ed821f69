import Backflow
import Testing

@Suite("A histogram for TensorBoard") struct TensorBoardHistogramTests {
  @Test func `has every number below the limit of its bucket, and not below the one before`() {
    let numbers = (1...1000).map { (index: Int) -> Double in
      let magnitude = Double(index) * (index % 3 == 0 ? 1e-6 : 1)
      return index % 2 == 0 ? magnitude : -magnitude
    }
    let histogram = TensorBoardHistogram(of: numbers)
    var lower = -Double.infinity
    for bucket in histogram.buckets {
      #expect(bucket.count == numbers.count { lower <= $0 && $0 < bucket.limit })
      // A bucket is a tenth as wide as its limit nearer to zero.
      if bucket.count > 0, lower > 0 { #expect(bucket.limit <= lower * 1.1000001) }
      lower = bucket.limit
    }
    #expect(histogram.buckets.map(\.count).reduce(0, +) == 1000)
    #expect(histogram.count == 1000)
    #expect((histogram.minimum, histogram.maximum) == (numbers.min()!, numbers.max()!))
    #expect(abs(histogram.sum - numbers.reduce(0, +)) < 1e-9)
    let squares = numbers.reduce(0) { $0 + $1 * $1 }
    #expect(abs(histogram.sumOfSquares - squares) <= 1e-12 * squares)
  }

  @Test func `has one bucket between those that are far from each other, and none outside`() {
    let histogram = TensorBoardHistogram(of: [-1, 1, 1])
    #expect(histogram.buckets.map(\.count) == [1, 0, 2])
    let limits = histogram.buckets.map(\.limit)
    #expect(-1 < limits[0] && limits[0] <= -1 / 1.1000001)
    #expect(1 / 1.1000001 <= limits[1] && limits[1] <= 1 && 1 < limits[2])
  }

  @Test func `counts finite numbers only`() {
    let some = TensorBoardHistogram(of: [.nan, 2, .infinity, -.infinity])
    #expect(some == TensorBoardHistogram(of: [2]))
    #expect((some.count, some.minimum, some.maximum, some.sum) == (1, 2, 2, 2))
    let none = TensorBoardHistogram(of: [.nan])
    #expect(none == TensorBoardHistogram(of: []))
    #expect(none.count == 0 && none.buckets.isEmpty)
  }

  @Test func `has a bucket for the greatest numbers`() {
    let greatest = Double.greatestFiniteMagnitude
    let histogram = TensorBoardHistogram(of: [-greatest, 1e21, greatest])
    #expect(histogram.buckets.map(\.count) == [1, 0, 2])
    #expect(histogram.buckets.last?.limit == greatest)
  }
}
