import Testing

/// Compares a kernel of one array with its reference, out of place and in place.
func checkUnary<T: BinaryFloatingPoint>(
  _ kernel: (Int, UnsafePointer<T>?, UnsafeMutablePointer<T>?) -> Void, ulps: Double,
  _ label: Comment, _ reference: (Double) -> Double
) {
  let ranges: [ClosedRange<Double>] = [
    -1...1, -20...20, -120...120, -760...760, 0.5...2, 0.99...1.01,
  ]
  let inputs: [T] =
    Samples.specials(of: T.self) + ranges.flatMap { Samples.uniform(500, in: $0) }
    + Samples.everyMagnitude(1500)
  kernel(0, nil, nil)
  for n in Samples.lengths + [inputs.count] {
    for start in [0, 11, 40] where start == 0 || start + n <= inputs.count {
      let x = Array(inputs[start..<start + n])
      let expected = x.map { reference(Double($0)) }
      for actual in [written(count: n) { kernel(n, x, $0) }, written(x) { kernel(n, $0, $0) }] {
        #expect(mismatch(actual, expected, ulps: ulps) == nil, label)
      }
    }
  }
}

/// Compares a kernel of two arrays that is one IEEE operation with its reference, out of place and
/// in place.
func checkBinary<T: BinaryFloatingPoint>(
  _ kernel: (Int, UnsafePointer<T>?, UnsafePointer<T>?, UnsafeMutablePointer<T>?) -> Void,
  _ label: Comment, _ reference: (Double, Double) -> Double
) {
  let specials = Samples.specials(of: T.self)
  let allA = specials.flatMap { a in specials.map { _ in a } } + Samples.uniform(400, in: -5...5)
  let allB = specials.flatMap { _ in specials } + Samples.uniform(400, in: -5...5, seed: 2)
  kernel(0, nil, nil, nil)
  for n in Samples.lengths + [allA.count] {
    let (a, b) = (Array(allA.suffix(n)), Array(allB.suffix(n)))
    let expected = zip(a, b).map { reference(Double($0), Double($1)) }
    for actual in [
      written(count: n) { kernel(n, a, b, $0) }, written(a) { kernel(n, $0, b, $0) },
      written(b) { kernel(n, a, $0, $0) },
    ] {
      #expect(mismatch(actual, expected, ulps: 0) == nil, label)
    }
    let squares = written(a) { kernel(n, $0, $0, $0) }
    let expectedSquares = a.map { reference(Double($0), Double($0)) }
    #expect(mismatch(squares, expectedSquares, ulps: 0) == nil, label)
  }
}

/// Compares y ← y + a b with the reference. Errors are relative to the sum of the magnitudes.
func checkMultiplyAdd<T: BinaryFloatingPoint>(
  _ kernel: (Int, UnsafePointer<T>?, UnsafePointer<T>?, UnsafeMutablePointer<T>?) -> Void,
  _ label: Comment
) {
  kernel(0, nil, nil, nil)
  for n in Samples.lengths {
    var a: [T] = Samples.uniform(n, in: -2...2)
    let b: [T] = Samples.uniform(n, in: -2...2, seed: 2)
    var y: [T] = Samples.uniform(n, in: -2...2, seed: 3)
    y[n - 1] = .nan
    a[n / 2] = .infinity
    let terms = zip(a, b).map { Double($0) * Double($1) }
    let expected = zip(y, terms).map { Double($0) + $1 }
    let scale = zip(y, terms).map { Double($0).magnitude + $1.magnitude }
    let actual = written(y) { kernel(n, a, b, $0) }
    #expect(mismatch(actual, expected, ulps: 2, scale: scale) == nil, label)
  }
}

/// Compares the backward form of an activation, from its output, with its reference. Errors are
/// relative to `scale`: 1 − y² loses digits near |y| = 1 in any precision.
func checkBackward<T: BinaryFloatingPoint>(
  _ kernel: (Int, UnsafePointer<T>?, UnsafePointer<T>?, UnsafeMutablePointer<T>?) -> Void,
  _ label: Comment, _ reference: (_ y: Double, _ dy: Double) -> Double,
  scale scaleOf: (_ y: Double, _ dy: Double) -> Double
) {
  let outputs: [T] =
    [0, -0.0, 1, -1, .nan, .leastNonzeroMagnitude, .ulpOfOne, 1 - .ulpOfOne]
    + Samples.uniform(400, in: -1...1)
  let gradients = Samples.specials(of: T.self) + Samples.uniform(382, in: -3...3)
  kernel(0, nil, nil, nil)
  for n in Samples.lengths + [outputs.count] {
    let (y, dy) = (Array(outputs.prefix(n)), Array(gradients.suffix(n)))
    let expected = zip(y, dy).map { reference(Double($0), Double($1)) }
    let scale = zip(y, dy).map {
      min(scaleOf(Double($0), Double($1)), Double(T.greatestFiniteMagnitude))
    }
    for actual in [
      written(count: n) { kernel(n, y, dy, $0) }, written(y) { kernel(n, $0, dy, $0) },
      written(dy) { kernel(n, y, $0, $0) },
    ] {
      #expect(mismatch(actual, expected, ulps: 3, scale: scale) == nil, label)
    }
  }
}

/// The kernels that take scalars, and the conversions.
func checkScalars<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  let inputs = Samples.specials(of: T.self) + Samples.everyMagnitude(300)
  for n in [0] + Samples.lengths + [inputs.count] {
    let x = Array(inputs.prefix(n))
    let results: [(String, [T], (Double) -> Double)] = [
      ("fill", written(count: n) { table.fill(n, 3.25, $0) }, { _ in 3.25 }),
      ("add", written(count: n) { table.addScalar(n, 3.25, x, $0) }, { $0 + 3.25 }),
      ("scale", written(x) { table.scale(n, 3.25, $0, $0) }, { $0 * 3.25 }),
      (
        "clamp", written(x) { table.clamp(n, -1, 0.75, $0, $0) },
        { $0.isNaN ? .nan : min(max($0, -1), 0.75) }
      ),
      (
        "from_double",
        written(count: n) { y in table.fromDouble(n, x.map { Double($0) * 1.0625 }, y) },
        { $0 * 1.0625 }
      ),
    ]
    let doubles = written(count: n) { table.toDouble(n, x, $0) }
    guard n > 0 else { continue }
    #expect(mismatch(doubles, x.map { Double($0) }, ulps: 0) == nil)
    for (name, actual, reference) in results {
      let expected = x.map { reference(Double($0)) }
      #expect(mismatch(actual, expected, ulps: 0) == nil, "\(table.isa) \(T.self) \(name)")
    }
  }
}
