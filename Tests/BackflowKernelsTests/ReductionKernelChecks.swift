import Foundation
import Testing

/// Neumaier's compensated sum.
private func compensatedSum(_ terms: [Double]) -> Double {
  var (sum, lost) = (0.0, 0.0)
  for term in terms {
    let next = sum + term
    lost += sum.magnitude >= term.magnitude ? (sum - next) + term : (term - next) + sum
    sum = next
  }
  return sum + lost
}

/// The sums of one pass have the bits of separate ones, whose accuracy `checkSums` tests.
func checkFusedSums<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for n in Samples.lengths + [511, 512, 513, 1024, 1537, 100_003] {
    let label = Comment(rawValue: "\(table.isa) \(T.self) \(n) elements")
    let p: [T] = Samples.uniform(n, in: -1...3)
    let g: [T] = Samples.uniform(n, in: -1...3, seed: 2)
    let q: [T] = Samples.uniform(n, in: -1...3, seed: 3)
    let change = zip(q, p).map { $0 - $1 }
    var sums = [Double](repeating: .nan, count: 3)
    table.updateSquares(n, p, g, q, &sums)
    let squares = [
      table.sumOfSquares(n, p), table.sumOfSquares(n, g), table.sumOfSquares(n, change),
    ]
    #expect(sums == squares, label)
    table.updateSquares(n, p, nil, q, &sums)
    #expect(sums == [squares[0], 0, squares[2]], label)

    let (s, t) = (T(2.9), T(0.7))
    let (a, b) = (p.map { $0 / s }, g.map { $0 / t })
    table.scaledProducts(n, s, t, p, g, &sums)
    #expect(
      sums == [table.sumOfSquares(n, a), table.sumOfSquares(n, b), table.dot(n, a, b)], label)
  }
  var sums = [1.0, 1, 1]
  table.updateSquares(0, nil, nil, nil, &sums)
  #expect(sums == [0, 0, 0])
}

func checkSums<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  let sum = table.sum
  #expect(sum(0, nil) == 0)
  #expect(table.sumOfSquares(0, nil) == 0 && table.dot(0, nil, nil) == 0)
  for n in Samples.lengths + [511, 512, 513, 1024, 1537, 100_003] {
    let x: [T] = Samples.uniform(n, in: -1...3)
    let terms = x.map { Double($0) }
    let squares = terms.map { $0 * $0 }
    let label = Comment(rawValue: "\(table.isa) \(T.self) \(n) elements")
    let scale = compensatedSum(terms.map(\.magnitude))
    // 32 units for every length: a running sum of the longest array would lose thousands.
    let difference = mismatch([sum(n, x)], [compensatedSum(terms)], ulps: 32, scale: [scale])
    #expect(difference == nil, label)
    let actual = [table.sumOfSquares(n, x)]
    #expect(mismatch(actual, [compensatedSum(squares)], ulps: 32) == nil, label)
    let y: [T] = Samples.uniform(n, in: -1...3, seed: 2)
    let products = zip(terms, y).map { $0 * Double($1) }
    #expect(
      mismatch(
        [T(table.dot(n, x, y))], [compensatedSum(products)], ulps: 32,
        scale: [compensatedSum(products.map(\.magnitude))]) == nil, label)
  }
  for (special, expected) in [
    (T.nan, Double.nan), (.infinity, .infinity), (-.infinity, -.infinity),
  ] {
    for n in [1, 9, 103, 2000] {
      var x = [T](repeating: 1, count: n)
      x[n - 1] = special
      #expect(mismatch([sum(n, x)], [expected], ulps: 0) == nil)
      let squares = [table.sumOfSquares(n, x)]
      #expect(mismatch(squares, [expected * expected], ulps: 0) == nil)
      if n == 1 { continue }
      x[0] = .infinity
      let isNaN = special != .infinity
      #expect(sum(n, x).isNaN == isNaN)
    }
  }
}

func checkExtremes<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  let largest = table.maximumOf
  let smallest = table.minimumOf
  let magnitude = table.maxMagnitude
  #expect(largest(0, nil) == -.infinity)
  #expect(smallest(0, nil) == .infinity)
  #expect(magnitude(0, nil) == 0)
  for n in Samples.lengths {
    for place in Set([0, n / 2, n - 1]) {
      var x: [T] = Samples.uniform(n, in: -3...(-2))
      for special in Samples.specials(of: T.self) {
        x[place] = special
        let expected =
          special.isNaN
          ? [Double.nan, .nan, .nan]
          : [x.max(), x.min(), x.map(\.magnitude).max()].map { Double($0 ?? .nan) }
        let actual = [largest(n, x), smallest(n, x), magnitude(n, x)]
        #expect(mismatch(actual, expected, ulps: 0) == nil, "\(table.isa) \(n) \(special)")
      }
      var zeros = [T](repeating: -0.0, count: n)
      zeros[place] = 0
      #expect(largest(n, zeros).sign == .plus)
      #expect(smallest(n, zeros).sign == (n == 1 ? .plus : .minus))
      #expect(magnitude(n, zeros).sign == .plus)
    }
  }
}

func checkCounts<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  let nonfinite = table.nonfiniteCount
  let index = table.indexOfMaximum
  #expect(nonfinite(0, nil) == 0)
  #expect(index(0, nil) == 0)
  for n in Samples.lengths + [5000] {
    var x: [T] = Samples.uniform(n, in: -1...1)
    #expect(nonfinite(n, x) == 0)
    x[0] = .greatestFiniteMagnitude
    x[n - 1] = -.leastNonzeroMagnitude
    #expect(nonfinite(n, x) == 0)
    #expect(nonfinite(n, x.map { _ in -.infinity }) == n)
    for (place, special) in zip([0, n / 2, n - 1], [T.nan, .infinity, -.nan]) { x[place] = special }
    #expect(nonfinite(n, x) == Set([0, n / 2, n - 1]).count)

    #expect(index(n, x.map { _ in -.infinity }) == 0)
    for place in Set([0, n / 3, n / 2, n - 1]) {
      var y: [T] = Samples.uniform(n, in: -3...(-1))
      for value: T in [-0.5, .infinity, .nan, -.nan] {
        y[place] = value
        y[n - 1] = value
        #expect(index(n, y) == place, "\(table.isa) \(T.self) \(n) elements")
        if value == .infinity, place > 0 {
          y[0] = .nan
          #expect(index(n, y) == 0, "NaN counts as the maximum")
          y[0] = -2
        }
      }
    }
  }
}
