/// How often numbers of each magnitude occur.
///
/// The limits are those of TensorFlow: ±10⁻¹² · 1.1ᵏ below 10²⁰, 0, and the greatest number. They
/// are the same for all histograms, so that those of several steps can be compared. Buckets without
/// numbers are left out, except that one remains between two that have some, because the limit of a
/// bucket is the lower limit of the next.
package struct TensorBoardHistogram: Equatable {
  /// The number of numbers that are below the limit and not below that of the bucket before.
  package struct Bucket: Equatable {
    package let limit: Double
    package let count: Int

    package init(limit: Double, count: Int) { (self.limit, self.count) = (limit, count) }
  }

  package private(set) var minimum = 0.0
  package private(set) var maximum = 0.0
  package private(set) var count = 0
  package private(set) var sum = 0.0
  package private(set) var sumOfSquares = 0.0
  package private(set) var buckets: [Bucket] = []

  /// Counts the finite ones of these numbers.
  package init(of numbers: [Double]) {
    var counts = [Int](repeating: 0, count: limits.count)
    for number in numbers where number.isFinite {
      minimum = count == 0 ? number : min(minimum, number)
      maximum = count == 0 ? number : max(maximum, number)
      count += 1
      sum += number
      sumOfSquares += number * number
      counts[bucket(of: number)] += 1
    }
    for (limit, count) in zip(limits, counts) {
      if count > 0 {
        buckets.append(Bucket(limit: limit, count: count))
      } else if let last = buckets.last {
        // Several buckets without numbers become one.
        if last.count == 0 { buckets.removeLast() }
        buckets.append(Bucket(limit: limit, count: 0))
      }
    }
    if buckets.last?.count == 0 { buckets.removeLast() }
  }
}

private let limits: [Double] = {
  var positive: [Double] = []
  var limit = 1e-12
  while limit < 1e20 {
    positive.append(limit)
    limit *= 1.1
  }
  return positive.reversed().map { -$0 } + [0] + positive + [.greatestFiniteMagnitude]
}()

/// Returns the index of the first limit that is greater than a number, or the last.
private func bucket(of number: Double) -> Int {
  var (lower, upper) = (0, limits.count - 1)
  while lower < upper {
    let middle = (lower + upper) / 2
    if limits[middle] > number { upper = middle } else { lower = middle + 1 }
  }
  return lower
}
