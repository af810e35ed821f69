/// The mean of the middle half, which neither a few large losses nor two levels in turn mislead.
func interquartileMean(of values: consuming [Double]) -> Double {
  var sorted = values
  sorted.sort()
  let quarter = sorted.count / 4
  var sum = 0.0
  for index in quarter..<sorted.count - quarter { sum += sorted[index] }
  return sum / Double(sorted.count - 2 * quarter)
}

/// The median; the mean of the two in the middle for an even count, NaN for none.
func median(of values: [Double]) -> Double {
  guard !values.isEmpty else { return .nan }
  var values = values
  let half = values.count / 2
  let upper = values.select(half)
  return values.count % 2 == 1 ? upper : (values[..<half].reduce(-.infinity, max) + upper) / 2
}

extension [Double] {
  /// Moves the element that would be at `index` in ascending order there, smaller ones before it
  /// and larger ones behind it, and returns it. O(count) on average
  ///
  /// (C. A. R. Hoare, Algorithm 65, Communications of the ACM 4, 1961.)
  fileprivate mutating func select(_ index: Int) -> Double {
    // NaN cannot be partitioned, so such arrays are sorted.
    if contains(where: { $0.isNaN }) {
      sort()
      return self[index]
    }
    var (low, high) = (0, count - 1)
    while low < high {
      let pivot = self[(low + high) / 2]
      var (left, right) = (low, high)
      while left <= right {
        while self[left] < pivot { left += 1 }
        while self[right] > pivot { right -= 1 }
        guard left <= right else { break }
        swapAt(left, right)
        (left, right) = (left + 1, right - 1)
      }
      if index <= right {
        high = right
      } else if index >= left {
        low = left
      } else {
        break
      }
    }
    return self[index]
  }
}
