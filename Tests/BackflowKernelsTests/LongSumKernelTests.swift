import CVectorKernels
import Foundation
import Testing

/// Sums so long that a running sum in the precision of the elements loses digits. The bound depends
/// on the additions within a block and on the blocks of one call, not on the length.
@Suite struct `VectorKernels, long sums` {
  @Test(arguments: [511, 512, 1025, 16_384]) func `products`(k: Int) {
    for table in KernelTable<Float>.all { checkProduct(table, k) }
    for table in KernelTable<Double>.all { checkProduct(table, k) }
  }

  @Test func `rows selected by index`() {
    for table in KernelTable<Float>.all {
      checkScatter(table)
      checkScatterOfHuge(table)
    }
    for table in KernelTable<Double>.all {
      checkScatter(table)
      checkScatterOfHuge(table)
    }
  }

  @Test func `columns, also where a block of them overflows`() {
    for table in KernelTable<Float>.all { checkColumns(table) }
    for table in KernelTable<Double>.all { checkColumns(table) }
  }

  @Test func `dot products of the softmax gradient`() {
    for table in KernelTable<Float>.all { checkDots(table) }
    for table in KernelTable<Double>.all { checkDots(table) }
  }

  @Test func `windows`() {
    for table in KernelTable<Float>.all { checkWindows(table) }
    for table in KernelTable<Double>.all { checkWindows(table) }
  }
}

/// n · x in double, far more accurate than a sum of n terms.
private func times<T: BinaryFloatingPoint>(_ n: Int, _ x: T) -> Double { Double(n) * Double(x) }

private func checkProduct<T: BinaryFloatingPoint>(_ table: KernelTable<T>, _ k: Int) {
  for m in [1, 2, 7] {
    let n = 37
    let a = [T](repeating: 0.1, count: m * k)
    let b = [T](repeating: 1, count: k * n)
    let packed = written(count: table.packedSize(k, n)) { table.pack(k, n, b, n, 1, $0) }
    for accumulates: Int32 in [0, 1] {
      let c = written([T](repeating: 1, count: m * n)) {
        table.packedProduct(m, n, k, a, k, packed, accumulates, 0, $0, n)
      }
      let expected = times(k, T(0.1)) + Double(accumulates)
      // A running sum of 16,384 tenths in single precision is off by 2,900 units.
      let difference = mismatch(c, .init(repeating: expected, count: c.count), ulps: 64)
      #expect(difference == nil, "\(table.isa) \(T.self) [\(m), \(k)] · [\(k), \(n)]")
    }
  }
}

private func checkScatter<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for (count, columns) in [(31, 3), (32, 300), (100_003, 3)] {
    let x = [T](repeating: 0.1, count: count * columns)
    let y = written([T](repeating: 1, count: 2 * columns)) {
      table.indexAdd(
        1, columns, [1], [0, Int64(count)], (0..<Int64(count)).map { $0 }, x, $0)
    }
    let expected =
      [Double](repeating: 1, count: columns)
      + [Double](repeating: 1 + times(count, T(0.1)), count: columns)
    #expect(mismatch(y, expected, ulps: 16) == nil, "\(table.isa) \(T.self) \(count) rows")
  }
}

private func checkColumns<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for (rows, columns) in [(33, 3), (64, 300), (100_003, 3)] {
    let sums = written(count: columns) {
      table.sumRows(rows, columns, [T](repeating: 0.1, count: rows * columns), $0)
    }
    let expected = [Double](repeating: times(rows, T(0.1)), count: columns)
    #expect(mismatch(sums, expected, ulps: 16) == nil, "\(table.isa) \(T.self) \(rows) rows")
  }
  let huge = T.greatestFiniteMagnitude
  let columns: [T] = [huge, 1, huge, 2, -huge, 3, -huge, 4, huge / 2, 5]
  #expect(written([10, 10]) { table.sumRows(5, 2, columns, $0) } == [huge / 2, 15])
  let once: [T] = [1, 1, 1, 1, 1]
  #expect(table.dot(5, [huge, huge, -huge, -huge, huge / 2], once) == Double(huge / 2))
  #expect(table.sum(5, [huge, huge, -huge, -huge, huge / 2]) == huge / 2)
}

/// A block of rows overflows and the whole sum does not.
private func checkScatterOfHuge<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  let huge = T.greatestFiniteMagnitude
  let x = [T](repeating: huge, count: 32) + [T](repeating: -huge, count: 31) + [1]
  let y = written([T(0)]) {
    table.indexAdd(1, 1, [0], [0, 64], (0..<64).map { Int64($0) }, x, $0)
  }
  #expect(y == [huge], "\(table.isa) \(T.self)")
}

private func checkDots<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  // Equal shares of a softmax, whose sum is 1.
  let n = 1 << 17
  let y = [T](repeating: 1 / T(n), count: n)
  let dy = (0..<n).map { $0 % 2 == 0 ? 1 : T(0.1) }
  let dx = written(count: n) { table.softmaxBackward(1, n, y, dy, $0) }
  let half = (1 - Double(T(0.1))) / 2 / Double(n)
  #expect(mismatch(dx, (0..<n).map { $0 % 2 == 0 ? half : -half }, ulps: 512) == nil)
}

private func checkWindows<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  // One row of 5,000 pixels under a window of 2,000.
  let (width, kernel) = (5000, 2000)
  let outputs = width - kernel + 1
  var windows = backflow_windows(
    height: 1, width: width, output_height: 1, output_width: outputs, kernel_height: 1,
    kernel_width: kernel, stride_height: 1, stride_width: 1, padding_height: 0,
    padding_width: 0, dilation_height: 1, dilation_width: 1)
  let tenth = T(0.1)
  let means = written(count: outputs) {
    table.averagePool(1, &windows, 0, [T](repeating: tenth, count: width), $0)
  }
  let tenths = [T](repeating: tenth, count: outputs)
  let expectedMeans = [Double](repeating: Double(tenth), count: outputs)
  #expect(mismatch(means, expectedMeans, ulps: 64) == nil, "\(table.isa) \(T.self)")

  // The number of windows that cover each pixel.
  let covers = (0..<width).map { min($0, kernel - 1, width - 1 - $0, outputs - 1) + 1 }
  let spread = written(count: width) {
    table.averagePoolBackward(1, &windows, 0, tenths, $0)
  }
  let share = Double(tenth) / Double(kernel)
  #expect(mismatch(spread, covers.map { Double($0) * share }, ulps: 4) == nil)

  // One large pixel wins all windows that cover it.
  let winners = (0..<outputs).map { $0 <= 2500 && 2500 < $0 + kernel ? 2500 as Int32 : -1 }
  let won = written(count: width) { table.maxPoolBackward(1, &windows, winners, tenths, $0) }
  let covering = covers[2500]
  #expect(mismatch([won[2500]], [times(covering, tenth)], ulps: 4) == nil)
  #expect(won.indices.allSatisfy { $0 == 2500 || won[$0] == 0 })

  // The taps of every window, added back.
  let folded = written(count: width) {
    table.fold(
      1, 1, width, &windows, [T](repeating: tenth, count: kernel * outputs), $0)
  }
  #expect(mismatch(folded, covers.map { times($0, tenth) }, ulps: 4) == nil)
}

func checkAddWithError<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for n in Samples.lengths {
    let terms: [T] = Samples.uniform(n, in: 1...2)
    // So small that each addition alone rounds it away.
    let small = terms.map { $0 * .ulpOfOne / 8 }
    var error = [T](repeating: 0, count: n)
    let sum = written(terms) { sum in
      for _ in 0..<100 { table.addWithError(n, small, sum, &error) }
    }
    let gained = zip(sum.indices, error).map { Double(sum[$0] - terms[$0]) + Double($1) }
    let expected = small.map { 100 * Double($0) }
    #expect(mismatch(gained.map { T($0) }, expected, ulps: 100) == nil, "\(table.isa) \(T.self)")
  }
  var error: [T] = [0, 0]
  var sum: [T] = [.greatestFiniteMagnitude, .infinity]
  table.addWithError(2, [.greatestFiniteMagnitude, 1], &sum, &error)
  #expect(sum == [.infinity, .infinity] && error == [0, 0])
}
