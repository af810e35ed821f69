import Testing

@Suite struct `VectorKernels, packed product` {
  @Test func `empty matrices`() {
    for table in KernelTable<Float>.all { checkEmpty(table) }
    for table in KernelTable<Double>.all { checkEmpty(table) }
  }

  @Test func `NaN and infinity reach the elements that depend on them, and no others`() {
    for table in KernelTable<Float>.all { checkNonfinite(table) }
    for table in KernelTable<Double>.all { checkNonfinite(table) }
  }
}

private struct Problem<T: BinaryFloatingPoint> {
  let m: Int, n: Int, k: Int
  let padding: Int
  let isTransposed: Bool
  let accumulates: Bool
  var isBackwards = false

  var a: [T] { Samples.uniform(m * (k + padding), in: -1...1) }
  var b: [T] { Samples.uniform(k * n + n * padding + k * padding, in: -1...1, seed: 2) }
  var c: [T] { Samples.uniform(m * (n + padding), in: -1...1, seed: 3) }
  var bStrides: (row: Int, column: Int) { isTransposed ? (1, k + padding) : (n + padding, 1) }

  func product(by table: KernelTable<T>, _ a: [T], _ b: [T], _ c: [T]) -> [T] {
    let packed = written(count: table.packedSize(k, n)) {
      table.pack(k, n, b, bStrides.row, bStrides.column, $0)
    }
    return written(c) {
      table.packedProduct(
        m, n, k, a, k + padding, packed, accumulates ? 1 : 0, isBackwards ? 1 : 0, $0, n + padding)
    }
  }

  /// C in Double and Σ |terms| of each element; between the rows, the initial values.
  func reference(_ a: [T], _ b: [T], _ c: [T]) -> (values: [Double], scales: [Double]) {
    var (values, scales) = (c.map { Double($0) }, c.map { Double($0).magnitude })
    for i in 0..<m {
      for j in 0..<n {
        let at = i * (n + padding) + j
        if !accumulates { (values[at], scales[at]) = (0, 0) }
        for p in 0..<k {
          let term =
            Double(a[i * (k + padding) + p])
            * Double(b[p * bStrides.row + j * bStrides.column])
          values[at] += term
          scales[at] += term.magnitude
        }
      }
    }
    return (values, scales)
  }
}

func checkPackedProduct<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  let sizes = [(1, 1), (8, 5), (16, 16), (17, 3), (33, 20), (64, 7), (65, 2), (100, 11)]
  var variant = 0
  for m in Array(1...14) + [25, 36] {
    for (n, k) in sizes {
      variant += 1
      let problem = Problem<T>(
        m: m, n: n, k: k, padding: variant % 3, isTransposed: variant % 2 == 0,
        accumulates: variant % 5 < 2)
      let (a, b, c) = (problem.a, problem.b, problem.c)
      let expected = problem.reference(a, b, c)
      let difference = mismatch(
        problem.product(by: table, a, b, c), expected.values, ulps: Double(k + 2),
        scale: expected.scales)
      #expect(difference == nil, "\(table.isa) \(T.self) \(problem)")
      var backwards = problem
      backwards.isBackwards = true
      #expect(
        backwards.product(by: table, a, b, c) == problem.product(by: table, a, b, c),
        "\(table.isa) \(T.self) \(problem), backwards")
    }
  }
}

/// Compares Aᵀ B with the product of the transposed A, term by term in the same order.
func checkColumnsProduct<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  var variant = 0
  for m in Array(1...14) + [25, 36] {
    for (n, k) in [(1, 1), (8, 5), (33, 20), (64, 300), (65, 2)] {
      variant += 1
      let problem = Problem<T>(
        m: m, n: n, k: k, padding: 0, isTransposed: false, accumulates: variant % 2 == 0)
      let stride = m + variant % 3
      var columns = [T](repeating: .nan, count: k * stride)
      for i in 0..<m { for p in 0..<k { columns[p * stride + i] = problem.a[i * k + p] } }
      let packed = written(count: table.packedSize(k, n)) {
        table.pack(k, n, problem.b, n, 1, $0)
      }
      let actual = written(problem.c) {
        table.columnsProduct(
          m, n, k, columns, stride, packed, problem.accumulates ? 1 : 0, $0, n)
      }
      let expected = problem.reference(problem.a, problem.b, problem.c)
      let difference = mismatch(
        actual, expected.values, ulps: Double(k + 2), scale: expected.scales)
      #expect(difference == nil, "\(table.isa) \(T.self) \(problem)")
    }
  }
  table.columnsProduct(0, 0, 0, nil, 1, nil, 0, nil, 1)
}

private func checkEmpty<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  #expect(table.packedSize(0, 5) == 0)
  #expect(table.packedSize(5, 0) == 0)
  table.pack(0, 0, nil, 1, 1, nil)
  table.packedProduct(0, 0, 0, nil, 1, nil, 0, 0, nil, 1)
  for m in [1, 3, 7] {
    let zeros = written([T](repeating: .nan, count: m * 19)) {
      table.packedProduct(m, 19, 0, nil, 0, nil, 0, 0, $0, 19)
    }
    #expect(zeros == [T](repeating: 0, count: m * 19), "\(table.isa) \(T.self)")
    let kept = written([T](repeating: 3, count: m * 19)) {
      table.packedProduct(m, 19, 0, nil, 0, nil, 1, 0, $0, 19)
    }
    #expect(kept == [T](repeating: 3, count: m * 19), "\(table.isa) \(T.self)")
  }
}

private func checkNonfinite<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for m in [1, 2, 3, 6, 7] {
    let problem = Problem<T>(m: m, n: 37, k: 9, padding: 0, isTransposed: false, accumulates: false)
    for special in [T.nan, .infinity] {
      var (a, b) = (problem.a, problem.b)
      a[(m - 1) * 9 + 4] = special
      b[3 * 37 + 36] = special
      // C holds NaN, which must not be read.
      let c = problem.product(by: table, a, b, [T](repeating: .nan, count: m * 37))
      let touched = Set(c.indices.filter { !c[$0].isFinite })
      let expected = Set(c.indices.filter { $0 / 37 == m - 1 || $0 % 37 == 36 })
      #expect(touched == expected, "\(table.isa) \(T.self) \(m) rows")
    }
  }
}
