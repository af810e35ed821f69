import Foundation
import Testing

private let layouts = [
  (1, 1, 1), (3, 5, 1), (70, 300, 1), (1, 9, 1), (2, 3, 7), (1, 4, 33), (4, 2, 100), (3, 1, 16),
]

func checkChannelSums<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  table.channelSums(0, 0, 0, 0, nil, nil)
  for (outer, channels, inner) in layouts {
    let label = Comment(rawValue: "\(table.isa) \(T.self) \(outer) \(channels) \(inner)")
    let count = outer * channels * inner
    var a: [T] = Samples.uniform(count, in: -2...3)
    let b: [T] = Samples.uniform(count, in: -2...3, seed: 2)
    let means: [Double] = Samples.uniform(channels, in: -1...1, seed: 3)
    func rounded(count: Int, by kernel: (UnsafeMutablePointer<Double>) -> Void) -> [T] {
      written(count: count, by: kernel).map { T($0) }
    }
    func perChannel(_ term: (Int, Int) -> Double) -> (sums: [Double], scales: [Double]) {
      var (sums, scales) = (
        [Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels)
      )
      for i in 0..<count {
        let c = i / inner % channels
        sums[c] += term(i, c)
        scales[c] += term(i, c).magnitude
      }
      return (sums, scales)
    }
    let cases: [(String, [T], (Int, Int) -> Double)] = [
      (
        "sums",
        written(count: channels) {
          table.channelSums(outer, channels, inner, channels * inner, a, $0)
        },
        { i, _ in Double(a[i]) }
      ),
      (
        "dots",
        rounded(count: channels) {
          table.channelDots(outer, channels, inner, channels * inner, nil, a, b, $0)
        },
        { i, _ in Double(a[i]) * Double(b[i]) }
      ),
      (
        "dots around means",
        rounded(count: channels) {
          table.channelDots(outer, channels, inner, channels * inner, means, a, b, $0)
        },
        { i, c in (Double(a[i]) - means[c]) * Double(b[i]) }
      ),
    ]
    for (name, actual, term) in cases {
      let (sums, scales) = perChannel(term)
      #expect(mismatch(actual, sums, ulps: 36, scale: scales) == nil, "\(label) \(name)")
    }
    a[count - 1] = .nan
    let sums = written(count: channels) {
      table.channelSums(outer, channels, inner, channels * inner, a, $0)
    }
    #expect(sums.indices.filter { sums[$0].isNaN } == [channels - 1], label)
  }
}

func checkChannelMaps<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for (outer, channels, inner) in layouts {
    let label = Comment(rawValue: "\(table.isa) \(T.self) \(outer) \(channels) \(inner)")
    let count = outer * channels * inner
    let a: [T] = Samples.uniform(count, in: -2...3)
    let b: [T] = Samples.uniform(count, in: -2...3, seed: 2)
    let numbers = (3..<6).map { Samples.uniform(channels, in: -2...2, seed: $0) as [T] }
    let wide = (3..<7).map { Samples.uniform(channels, in: -2...2, seed: $0) as [Double] }
    func number(_ index: Int, _ i: Int) -> Double { Double(numbers[index][i / inner % channels]) }
    let cases: [(String, [T], (Int) -> Double, (Int) -> Double)] = [
      (
        "affine",
        written(a) {
          table.channelAffine(
            outer, channels, inner, channels * inner, numbers[0], numbers[1], $0, $0)
        }, { i in Double(a[i]) * number(0, i) + number(1, i) },
        { i in (Double(a[i]) * number(0, i)).magnitude + number(1, i).magnitude }
      ),
      (
        "residuals",
        written(b) {
          table.channelResiduals(
            outer, channels, inner, channels * inner, wide[0], wide[1], wide[2], wide[3], a, $0, $0)
        },
        { i in
          let c = i / inner % channels
          let deviation = Double(a[i]) - wide[0][c] - wide[1][c]
          return (deviation - Double(b[i]) * wide[2][c]) * wide[3][c]
        },
        { i in
          let c = i / inner % channels
          let size = Double(a[i]).magnitude + wide[0][c].magnitude + wide[1][c].magnitude
          return (size + (Double(b[i]) * wide[2][c]).magnitude) * wide[3][c].magnitude
        }
      ),
    ]
    for (name, actual, reference, scaleOf) in cases {
      let difference = mismatch(
        actual, (0..<count).map(reference), ulps: 3, scale: (0..<count).map(scaleOf))
      #expect(difference == nil, "\(label) \(name)")
    }
  }
}

private let matrices = [(1, 1), (1, 9), (3, 2), (5, 7), (2, 16), (3, 33), (4, 103)]

func checkSoftmaxBackward<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for (rows, columns) in matrices {
    let shares: [Double] = Samples.uniform(rows * columns, in: 0.01...1)
    let y = shares.indices.map { i in
      let start = i / columns * columns
      return T(shares[i] / shares[start..<start + columns].reduce(0, +))
    }
    let dy: [T] = Samples.uniform(rows * columns, in: -2...2, seed: 2)
    let logs = y.map { T(log(Double($0))) }
    var sums = [(dot: Double, sum: Double, size: Double)](repeating: (0, 0, 0), count: rows)
    for i in y.indices {
      let row = i / columns
      sums[row].dot += Double(y[i]) * Double(dy[i])
      sums[row].sum += Double(dy[i])
      sums[row].size += Double(dy[i]).magnitude
    }
    let expected = y.indices.map { i in Double(y[i]) * (Double(dy[i]) - sums[i / columns].dot) }
    let logExpected = y.indices.map { i in
      Double(dy[i]) - exp(Double(logs[i])) * sums[i / columns].sum
    }
    let scale = y.indices.map { sums[$0 / columns].size + 1 }
    for actual in [
      written(y) { table.softmaxBackward(rows, columns, $0, dy, $0) },
      written(dy) { table.softmaxBackward(rows, columns, y, $0, $0) },
    ] {
      #expect(mismatch(actual, expected, ulps: 4, scale: scale) == nil, "\(table.isa) \(T.self)")
    }
    for actual in [
      written(logs) { table.logSoftmaxBackward(rows, columns, $0, dy, $0) },
      written(dy) { table.logSoftmaxBackward(rows, columns, logs, $0, $0) },
    ] {
      #expect(mismatch(actual, logExpected, ulps: 4, scale: scale) == nil, "\(table.isa) \(T.self)")
    }
  }
}

func checkCausalSoftmax<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for (rows, columns) in matrices {
    var x: [T] = Samples.uniform(2 * rows * columns, in: -3...3)
    var expected: [Double] = []
    for i in x.indices {
      let (row, column) = (i / columns % rows, i % columns)
      let visible = x[i - column..<i - column + min(row + 1, columns)]
      let sum = visible.reduce(0) { $0 + exp(Double($1)) }
      expected.append(column <= row ? exp(Double(x[i])) / sum : 0)
    }
    let y = written(x) { table.causalSoftmax(2, rows, columns, $0, $0) }
    let difference = mismatch(y, expected, ulps: 16, scale: expected.map { max($0, 1e-3) })
    #expect(difference == nil, "\(table.isa) \(T.self) \(rows)×\(columns)")
    guard columns > 1 else { continue }
    x[columns - 1] = .nan  // after the elements that the first row may see
    let first = written(x) { table.causalSoftmax(2, rows, columns, $0, $0) }.prefix(columns)
    #expect(Array(first) == [1] + [T](repeating: 0, count: columns - 1))
  }
}

func checkIndexedRows<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  let indices: [Int64] = [2, 0, 2, 2, 3]
  for columns in [0] + Samples.lengths {
    let x = (0..<4 * columns).map { T($0) }
    let picked = written(count: 5 * columns) {
      table.indexSelect(5, columns, indices, x, $0)
    }
    #expect(picked == indices.flatMap { x[Int($0) * columns..<(Int($0) + 1) * columns] })
    let sums = written([T](repeating: 1, count: 4 * columns)) {
      table.indexAdd(3, columns, [0, 2, 3], [0, 1, 4, 5], [1, 0, 2, 3, 4], picked, $0)
    }
    let repeats: [T] = [1, 0, 3, 1]
    #expect(sums == x.indices.map { 1 + repeats[$0 / columns] * x[$0] }, "\(table.isa) \(T.self)")
  }
}
