import Foundation
import Testing

@Suite struct `VectorKernels, rows` {
  @Test func `a row without a softmax becomes NaN, and no other row`() {
    for table in KernelTable<Float>.all { checkUndefinedSoftmax(table) }
    for table in KernelTable<Double>.all { checkUndefinedSoftmax(table) }
  }
}

private let shapes = [
  (1, 1), (1, 9), (3, 1), (4, 4), (5, 7), (2, 16), (9, 17), (7, 33), (33, 5), (2, 300), (40, 103),
  (70, 300), (3, 1030),
]

func checkRowUpdatesAndSums<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for (rows, columns) in shapes {
    let label = Comment(rawValue: "\(table.isa) \(T.self) \(rows)×\(columns)")
    let x: [T] = Samples.uniform(rows * columns, in: -2...2)
    let row: [T] = Samples.uniform(columns, in: -2...2, seed: 2)
    let cells = (0..<rows * columns).map { (value: Double(x[$0]), row: Double(row[$0 % columns])) }

    let added = written(x) { table.addRow(rows, columns, row, $0) }
    #expect(mismatch(added, cells.map { $0.value + $0.row }, ulps: 0) == nil, label)
    let multiplied = written(x) { table.multiplyRow(rows, columns, row, $0) }
    #expect(mismatch(multiplied, cells.map { $0.value * $0.row }, ulps: 0) == nil, label)

    let perRow = (0..<rows).map { r in cells[r * columns..<(r + 1) * columns].map(\.value) }
    let rowSums = written(count: rows) { table.rowSums(rows, columns, x, $0) }
    let rowScales = perRow.map { $0.reduce(0) { $0 + $1.magnitude } }
    let expected = perRow.map { $0.reduce(0, +) }
    #expect(mismatch(rowSums, expected, ulps: 16, scale: rowScales) == nil, label)

    let columnSums = written(row.map { _ in .nan }) { table.sumRows(rows, columns, x, $0) }
    let perColumn = (0..<columns).map { c in perRow.map { $0[c] } }
    let columnScales = perColumn.map { $0.reduce(0) { $0 + $1.magnitude } }
    let expectedSums = perColumn.map { $0.reduce(0, +) }
    #expect(mismatch(columnSums, expectedSums, ulps: 34, scale: columnScales) == nil, label)

    var argmax = [Int64](repeating: -1, count: rows)
    table.rowArgmax(rows, columns, x, &argmax)
    let firstMaxima = perRow.map { row in Int64(row.firstIndex { $0 == row.max() } ?? -1) }
    #expect(argmax == firstMaxima, label)

    let lower = (0..<columns).map { T($0 % 3) / 4 - 0.5 }
    let upper = (0..<columns).map { T($0 % 5) / 8 }
    var (below, above) = (
      [Int64](repeating: 1, count: columns), [Int64](repeating: 2, count: columns)
    )
    table.countBeyond(rows, columns, lower, upper, x, &below, &above)
    let maxima = written(row) { table.columnMaxima(rows, columns, x, $0) }
    for c in 0..<columns {
      let column = perRow.map { T($0[c]) }
      #expect(below[c] == 1 + Int64(column.filter { $0 < lower[c] }.count), label)
      #expect(above[c] == 2 + Int64(column.filter { $0 > upper[c] }.count), label)
      #expect(maxima[c] == column.reduce(row[c], max), label)
    }
  }
}

func checkWeightedGroups<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for groups in [0, 1, 2, 4] {
    for (rows, columns) in shapes {
      let label = Comment(rawValue: "\(table.isa) \(T.self) \(groups)×\(rows)×\(columns)")
      var x: [T] = Samples.uniform(groups * rows * columns, in: -2...2)
      let weights: [T] = Samples.uniform(groups * rows, in: -2...2, seed: 2)
      // A NaN reaches only its own element.
      if let last = x.indices.last { x[last] = .nan }
      let terms = (0..<rows * columns).map { i in
        (0..<groups).map {
          Double(weights[$0 * rows + i / columns]) * Double(x[$0 * rows * columns + i])
        }
      }
      let actual = written([T](repeating: .infinity, count: rows * columns)) {
        table.sumWeightedGroups(groups, rows, columns, weights, x, $0)
      }
      let scales = terms.map { $0.reduce(1e-300) { $0 + ($1.isNaN ? 0 : $1.magnitude) } }
      #expect(
        mismatch(actual, terms.map { $0.reduce(0, +) }, ulps: 8, scale: scales) == nil, label)
    }
  }
  table.sumWeightedGroups(2, 0, 5, nil, nil, nil)
}

/// A row's softmax and its logarithm in Double, and the scales of their rounding errors.
private struct SoftmaxReference {
  var probabilities: [Double], probabilityScales: [Double]
  var logs: [Double], logScales: [Double]

  /// x − maximum is rounded, which moves its exponential in proportion to its size; the sum of the
  /// exponentials is rounded in Double.
  init<T: BinaryFloatingPoint>(_ row: ArraySlice<T>) {
    let largest = row.max() ?? .nan
    let shifts = row.map { Double($0) - Double(largest) }
    let sum = shifts.reduce(0) { $0 + exp($1) }
    probabilities = shifts.map { exp($0) / sum }
    probabilityScales = zip(probabilities, shifts).map { $0 * (1 - $1) }
    let sumScale = probabilityScales.reduce(Double.ulpOfOne / Double(T.ulpOfOne), +)
    logs = shifts.map { $0 - log(sum) }
    logScales = zip(logs, shifts).map { $0.magnitude - $1 + sumScale }
  }
}

func checkSoftmax<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for (rows, columns) in shapes.dropLast(2) {
    for width in [1.0, 8, 90, 800] {
      let label = Comment(rawValue: "\(table.isa) \(T.self) \(rows)×\(columns) within \(width)")
      let x: [T] = Samples.uniform(rows * columns, in: -width...width)
      let references = (0..<rows).map { SoftmaxReference(x[$0 * columns..<($0 + 1) * columns]) }
      let expected = references.flatMap(\.probabilities)
      let scale = references.flatMap(\.probabilityScales)
      let logs = references.flatMap(\.logs)
      let logScale = references.flatMap(\.logScales)

      let apart = written(count: x.count) { table.softmax(rows, columns, x, $0) }
      #expect(mismatch(apart, expected, ulps: 6, scale: scale) == nil, label)
      let inPlace = written(x) { table.softmax(rows, columns, $0, $0) }
      #expect(inPlace == apart, label)

      let logApart = written(count: x.count) { table.logSoftmax(rows, columns, x, $0) }
      #expect(mismatch(logApart, logs, ulps: 4, scale: logScale) == nil, label)
      let logInPlace = written(x) { table.logSoftmax(rows, columns, $0, $0) }
      #expect(logInPlace == logApart, label)
    }
  }
}

private func checkUndefinedSoftmax<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for columns in [1, 7, 8, 17, 33] {
    for special in [T.nan, .infinity] {
      var x: [T] = Samples.uniform(3 * columns, in: -2...2)
      x[columns + columns / 2] = special
      for (name, kernel) in [("softmax", table.softmax), ("log_softmax", table.logSoftmax)] {
        let y = written(count: x.count) { kernel(3, columns, x, $0) }
        let undefined = y.indices.filter { y[$0].isNaN }
        #expect(undefined == Array(columns..<2 * columns), "\(table.isa) \(T.self) \(name)")
      }
    }
    let x = [T](repeating: -.infinity, count: columns)
    let y = written(count: columns) { table.softmax(1, columns, x, $0) }
    #expect(mismatch(y, x.map { _ in .nan }, ulps: 0) == nil)
    guard columns > 1 else { continue }
    let masked = [T(1)] + x.dropFirst()
    let certain = written(count: columns) { table.softmax(1, columns, masked, $0) }
    #expect(certain == [1] + [T](repeating: 0, count: columns - 1))
  }
}

func checkTransposition<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  table.transpose(0, 5, nil, 5, nil, 0)
  for (rows, columns) in shapes {
    for padding in [0, 3] {
      let (xStride, yStride) = (columns + padding, rows + padding)
      let x = (0..<rows * xStride).map { T($0) }
      let y = written(count: columns * yStride) {
        table.transpose(rows, columns, x, xStride, $0, yStride)
      }
      let expected = y.indices.map { i in
        i % yStride < rows ? x[i % yStride * xStride + i / yStride] : 77
      }
      #expect(y == expected, "\(table.isa) \(T.self) \(rows)×\(columns) + \(padding)")
    }
  }
}
