import CVectorKernels
import Foundation
import Testing

@Suite struct `VectorKernels, their table` {
  @Test func `begins with the portable kernels and names every row`() {
    #expect(String(cString: backflow_kernels_isa(0)) == "portable")
    #expect(backflow_kernels_at_f32(0) != nil)
    #expect(backflow_kernels_at_f64(0) != nil)
    for i in 0..<backflow_kernels_count() {
      let isa = String(cString: backflow_kernels_isa(i))
      #expect((backflow_kernels_at_f32(i) == nil) == (backflow_kernels_at_f64(i) == nil))
      guard let single = backflow_kernels_at_f32(i), let double = backflow_kernels_at_f64(i) else {
        continue
      }
      #expect(String(cString: single.pointee.isa) == isa)
      #expect(String(cString: double.pointee.isa) == isa)
    }
    #expect(backflow_kernels_isa(backflow_kernels_count()) == nil)
    #expect(backflow_kernels_at_f32(backflow_kernels_count()) == nil)
    #expect(backflow_kernels_at_f64(backflow_kernels_count()) == nil)
  }

  @Test func `selects what the environment asks for, else the best`() {
    let supported = VectorKernelTable<Float>.all.map(\.isa)
    let wanted = ProcessInfo.processInfo.environment["BACKFLOW_ISA"] ?? ""
    let expected = supported.contains(wanted) ? wanted : supported.last
    #expect(String(cString: backflow_kernels_selected_f32().pointee.isa) == expected)
    #expect(String(cString: backflow_kernels_selected_f64().pointee.isa) == expected)
  }
}

@Suite struct `VectorKernels, how they are compared` {
  let values: [Float] = [1, -2, 0]

  @Test func `accepts what is within the tolerance`() {
    #expect(mismatch(values, [1, -2, 0], ulps: 0) == nil)
    #expect(mismatch([Float(1).nextUp], [1], ulps: 1) == nil)
    #expect(mismatch([Float.nan, .infinity], [.nan, 1e300], ulps: 0) == nil)
    #expect(mismatch([Float(1.0005)], [1], ulps: 1, scale: [10000]) == nil)
  }

  @Test func `refuses everything else`() {
    #expect(mismatch([Float](), [], ulps: 1) != nil)
    #expect(mismatch(values, [1, -2], ulps: 1) != nil)
    #expect(mismatch(values, [1, -2, 0], ulps: 1e6) != nil)
    #expect(mismatch(values, [1, -2, 0], ulps: .nan) != nil)
    #expect(mismatch(values, [1, -2, 0], ulps: 1, scale: [1]) != nil)
    #expect(mismatch(values, [1, -2.1, 0], ulps: 1) != nil)
    #expect(mismatch(values, [1, -2, -0.0], ulps: 1) != nil)
    #expect(mismatch(values, [1, .nan, 0], ulps: 1) != nil)
    #expect(mismatch(values, [.infinity, -2, 0], ulps: 1) != nil)
    #expect(mismatch([Float.nan], [1], ulps: 1) != nil)
    #expect(mismatch([Float.infinity], [1], ulps: 1) != nil)
    #expect(mismatch([Float.infinity], [1], ulps: 1, scale: [.infinity]) != nil)
    #expect(mismatch([Float(1).nextUp.nextUp], [1], ulps: 1) != nil)
    #expect(mismatch([Float(1).nextUp], [1], ulps: 0) != nil)
  }
}

@Suite struct `VectorKernels, element by element` {
  @Test func `one input`() {
    for table in VectorKernelTable<Float>.all { checkUnary(table) }
    for table in VectorKernelTable<Double>.all { checkUnary(table) }
  }

  @Test func `two inputs`() {
    for table in VectorKernelTable<Float>.all { checkBinary(table) }
    for table in VectorKernelTable<Double>.all { checkBinary(table) }
  }

  @Test func `backward forms`() {
    for table in VectorKernelTable<Float>.all { checkBackward(table) }
    for table in VectorKernelTable<Double>.all { checkBackward(table) }
  }

  @Test func `scalars and conversions`() {
    for table in VectorKernelTable<Float>.all { checkScalars(table) }
    for table in VectorKernelTable<Double>.all { checkScalars(table) }
  }
}

/// The reference of each kernel, and how far it may be missed: 0 for what is one IEEE operation,
/// else the bound in CVectorKernels.h and up to two units for the reference itself.
private let unaryReferences: [String: (ulps: Double, of: @Sendable (Double) -> Double)] = [
  "negate": (0, { -$0 }),
  "absolute": (0, { $0.magnitude }),
  "square": (0, { $0 * $0 }),
  "square_root": (0, { $0.squareRoot() }),
  "reciprocal": (0, { 1 / $0 }),
  "relu": (0, { $0 <= 0 ? 0 : $0 }),
  "exp": (2, { exp($0) }),
  "log": (2, { log($0) }),
  "tanh": (4, { tanh($0) }),
  "sigmoid": (5, { $0 < 0 ? exp($0) / (1 + exp($0)) : 1 / (1 + exp(-$0)) }),
  "softplus": (5, { $0 < 0 ? log1p(exp($0)) : $0 + log1p(exp(-$0)) }),
]

private func checkUnary<T: BinaryFloatingPoint>(_ table: VectorKernelTable<T>) {
  #expect(Set(table.unary.byName.keys) == Set(unaryReferences.keys))
  let ranges: [ClosedRange<Double>] = [
    -1...1, -20...20, -120...120, -760...760, 0.5...2, 0.99...1.01,
  ]
  let inputs: [T] =
    Samples.specials(of: T.self) + ranges.flatMap { Samples.uniform(500, in: $0) }
    + Samples.everyMagnitude(1500)
  for (name, reference) in unaryReferences {
    let kernel = table.unary[name]
    let label = Comment(rawValue: "\(table.isa) \(T.self) \(name)")
    kernel(0, nil, nil)
    for n in Samples.lengths + [inputs.count] {
      for start in [0, 11, 40] where start == 0 || start + n <= inputs.count {
        let x = Array(inputs[start..<start + n])
        let expected = x.map { reference.of(Double($0)) }
        let apart = written(count: n) { kernel(n, x, $0) }
        #expect(mismatch(apart, expected, ulps: reference.ulps) == nil, label)
        let inPlace = written(x) { kernel(n, $0, $0) }
        #expect(mismatch(inPlace, expected, ulps: reference.ulps) == nil, label)
      }
    }
  }
}

@Sendable private func larger(_ a: Double, _ b: Double) -> Double {
  if a.isNaN || b.isNaN { return .nan }
  if a == b { return a.sign == .minus ? b : a }
  return a > b ? a : b
}

private let binaryReferences: [String: @Sendable (Double, Double) -> Double] = [
  "add": { $0 + $1 },
  "subtract": { $0 - $1 },
  "multiply": { $0 * $1 },
  "divide": { $0 / $1 },
  "maximum": larger,
  "minimum": { -larger(-$0, -$1) },
]

private func checkBinary<T: BinaryFloatingPoint>(_ table: VectorKernelTable<T>) {
  let specials = Samples.specials(of: T.self)
  let allA = specials.flatMap { a in specials.map { _ in a } } + Samples.uniform(400, in: -5...5)
  let allB = specials.flatMap { _ in specials } + Samples.uniform(400, in: -5...5, seed: 2)
  for (name, reference) in binaryReferences {
    let kernel = table.binary[name]
    let label = Comment(rawValue: "\(table.isa) \(T.self) \(name)")
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
  checkMultiplyAdd(table)
}

private func checkMultiplyAdd<T: BinaryFloatingPoint>(_ table: VectorKernelTable<T>) {
  let kernel = table.binary["multiply_add"]
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
    #expect(mismatch(actual, expected, ulps: 2, scale: scale) == nil, "\(table.isa) \(T.self)")
  }
}

private func checkBackward<T: BinaryFloatingPoint>(_ table: VectorKernelTable<T>) {
  // `scale` is what rounding is relative to: 1 − y² loses digits near |y| = 1 in any precision.
  let references: [(String, (Double, Double) -> Double, scale: (Double, Double) -> Double)] = [
    ("tanh_backward", { y, dy in dy * (1 - y * y) }, { y, dy in dy.magnitude * (1 + y * y) }),
    ("sigmoid_backward", { y, dy in dy * y * (1 - y) }, { y, dy in dy.magnitude * y.magnitude }),
    (
      "relu_backward", { y, dy in y > 0 ? dy : y.isNaN ? .nan : 0 },
      { y, dy in y > 0 ? dy.magnitude : 0 }
    ),
  ]
  let outputs: [T] =
    [0, -0.0, 1, -1, .nan, .leastNonzeroMagnitude, .ulpOfOne, 1 - .ulpOfOne]
    + Samples.uniform(400, in: -1...1)
  let gradients = Samples.specials(of: T.self) + Samples.uniform(382, in: -3...3)
  for (name, reference, scaleOf) in references {
    let kernel = table.binary[name]
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
        let difference = mismatch(actual, expected, ulps: 3, scale: scale)
        #expect(difference == nil, "\(table.isa) \(T.self) \(name)")
      }
    }
  }
}

private func checkScalars<T: BinaryFloatingPoint>(_ table: VectorKernelTable<T>) {
  let inputs = Samples.specials(of: T.self) + Samples.everyMagnitude(300)
  for n in [0] + Samples.lengths + [inputs.count] {
    let x = Array(inputs.prefix(n))
    let results: [(String, [T], (Double) -> Double)] = [
      ("fill", written(count: n) { table.fill(n, 3.25, $0) }, { _ in 3.25 }),
      ("add", written(count: n) { table.scaling["add_scalar"](n, 3.25, x, $0) }, { $0 + 3.25 }),
      ("scale", written(x) { table.scaling["scale"](n, 3.25, $0, $0) }, { $0 * 3.25 }),
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
