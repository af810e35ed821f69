import Foundation
import Testing

@Suite struct `VectorKernels, optimizers` {
  @Test func `pass on a gradient that is not finite, to its own element only`() {
    for table in KernelTable<Float>.all { checkNonFinite(table) }
    for table in KernelTable<Double>.all { checkNonFinite(table) }
  }

  @Test func `do not move an average of squares that has converged`() {
    let keeps = [0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999, 0.9999999]
    for table in KernelTable<Float>.all {
      for keep in keeps {
        checkFixedPoint("\(table.isa) \(keep)") { n, g, m, v, p in
          table.adamUpdate(n, 0.01, 0.9, keep, 1e-8, 1, 1, 0, 0, g, m, v, p)
        } rmsprop: { n, g, m, v, p in
          table.rmspropUpdate(n, 0.01, keep, 1e-8, 0, 0, g, v, m, p)
        }
      }
    }
  }

  // With keep = 0, the average is the newest square, however large the one before was.
  @Test func `take the newest square if nothing is kept`() {
    for table in KernelTable<Float>.all {
      var (m, v, p) = ([Float](repeating: 1e15, count: 19), [Float](repeating: 1e30, count: 19), m0)
      let gradient = [Float](repeating: 3, count: 19)
      table.adamUpdate(19, 0.01, 0, 0, 1e-8, 1, 1, 0, 0, gradient, &m, &v, &p)
      #expect(m.allSatisfy { $0 == 3 } && v.allSatisfy { $0 == 9 })
    }
  }

  private var m0: [Float] { [Float](repeating: 0, count: 19) }

  private typealias Step = (
    Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>,
    UnsafeMutablePointer<Float>
  ) -> Void

  private func checkFixedPoint(_ label: String, adam: @escaping Step, rmsprop: @escaping Step) {
    let gradient: [Float] = Samples.uniform(37, in: 0.1...3)
    for step in [adam, rmsprop] {
      let squares = gradient.map { $0 * $0 }
      var (m, v, p) = (gradient, squares, gradient)
      for _ in 0..<200 { step(37, gradient, &m, &v, &p) }
      #expect(v == squares, "\(label)")
    }
  }

  @Test func `take the same step for every gradient whose square is too large`() {
    for table in KernelTable<Float>.all { checkLarge(table, largest: 0x1p63) }
    for table in KernelTable<Double>.all { checkLarge(table, largest: 0x1p511) }
  }
}

/// A step of an optimizer with fixed settings: (count, step, gradient, two states, parameter).
private typealias Update<T> = (
  Int, Int, UnsafePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>,
  UnsafeMutablePointer<T>
) -> Void

extension KernelTable {
  fileprivate var updates: [(name: String, update: Update<Scalar>)] {
    func adam(_ weightDecay: Double, _ decoupledDecay: Double) -> Update<Scalar> {
      { n, t, g, m, v, p in
        adamUpdate(
          n, 0.01, 0.9, 0.999, 1e-8, 1 - pow(0.9, Double(t)), 1 - pow(0.999, Double(t)),
          weightDecay, decoupledDecay, g, m, v, p)
      }
    }
    return [
      ("sgd", { n, _, g, v, _, p in sgdUpdate(n, 0.1, 0.9, 0, 0.01, g, v, p) }),
      ("nesterov", { n, _, g, v, _, p in sgdUpdate(n, 0.1, 0.9, 1, 0.01, g, v, p) }),
      ("adam", adam(0.01, 0)),
      ("adamw", adam(0, 0.01 * 0.1)),
      ("rmsprop", { n, _, g, s, v, p in rmspropUpdate(n, 0.01, 0.9, 1e-3, 0.5, 0.01, g, s, v, p) }),
      ("adagrad", { n, _, g, s, _, p in adagradUpdate(n, 0.1, 1e-3, 0.01, g, s, p) }),
    ]
  }
}

/// One weight with the same rules, in Double.
private struct OptimizerReference {
  var p: Double
  var first = 0.0, second = 0.0

  init(_ weight: Double) { p = weight }

  mutating func update(_ name: String, _ step: Int, _ gradient: Double) {
    let decayed = gradient + 0.01 * p
    switch name {
    case "sgd":
      first = 0.9 * first + decayed
      p -= 0.1 * first
    case "nesterov":
      first = 0.9 * first + decayed
      p -= 0.1 * (decayed + 0.9 * first)
    case "adam", "adamw":
      if name == "adamw" { p -= 0.01 * 0.1 * p }
      let g = name == "adam" ? decayed : gradient
      first = 0.9 * first + (1 - 0.9) * g
      second = 0.999 * second + (1 - 0.999) * g * g
      let mean = first / (1 - pow(0.9, Double(step)))
      let spread = (second / (1 - pow(0.999, Double(step)))).squareRoot()
      p -= 0.01 * mean / (spread + 1e-8)
    case "rmsprop":
      first = 0.9 * first + (1 - 0.9) * decayed * decayed
      second = 0.5 * second + decayed / (first.squareRoot() + 1e-3)
      p -= 0.01 * second
    default:
      first += decayed * decayed
      p -= 0.1 * decayed / (first.squareRoot() + 1e-3)
    }
  }
}

/// Several steps of every optimizer with PyTorch's rules.
func checkOptimizers<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for n in Samples.lengths {
    for (name, update) in table.updates {
      var weights: [T] = Samples.uniform(n, in: -1...1, seed: 5)
      var (first, second) = ([T](repeating: 0, count: n), [T](repeating: 0, count: n))
      var reference = weights.map { OptimizerReference(Double($0)) }
      for step in 1...3 {
        let gradient: [T] = Samples.uniform(n, in: -1...1, seed: UInt64(10 + step))
        weights = written(weights) { update(n, step, gradient, &first, &second, $0) }
        for i in 0..<n { reference[i].update(name, step, Double(gradient[i])) }
      }
      let pairs: [(String, [T], [Double])] = [
        ("first", first, reference.map(\.first)), ("second", second, reference.map(\.second)),
        ("weights", weights, reference.map(\.p)),
      ]
      for (part, actual, expected) in pairs {
        let scale = expected.map { max(1, $0.magnitude) }
        let difference = mismatch(actual, expected, ulps: 16, scale: scale)
        #expect(difference == nil, "\(table.isa) \(T.self) \(name), \(part)")
      }
      // A sum of squares cancels nothing, so it keeps its relative accuracy, which shows whether
      // 1 − beta2 was computed in double: in single precision it would be off by 5e-5.
      guard name == "adamw" else { continue }
      let difference = mismatch(second, reference.map(\.second), ulps: 8)
      #expect(difference == nil, "\(table.isa) \(T.self) v")
    }
  }
}

private func checkNonFinite<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for (name, update) in table.updates {
    for bad in [T.nan, .infinity, -.infinity] {
      var (first, second) = ([T](repeating: 0, count: 19), [T](repeating: 0, count: 19))
      var gradient = [T](repeating: 0.5, count: 19)
      gradient[7] = bad
      let weights = written([T](repeating: 1, count: 19)) {
        update(19, 1, gradient, &first, &second, $0)
      }
      let what: Comment = "\(table.isa) \(name) \(bad)"
      #expect(weights.indices.filter { !weights[$0].isFinite } == [7], what)
      #expect(first.indices.filter { !first[$0].isFinite } == [7], what)
    }
  }
}

private func checkLarge<T: BinaryFloatingPoint>(_ table: KernelTable<T>, largest: T) {
  func weight(_ update: Update<T>, _ gradient: T) -> T {
    var (first, second) = ([T](repeating: 0, count: 19), [T](repeating: 0, count: 19))
    var weights = [T](repeating: 1, count: 19)
    for step in 1...3 {
      let gradient = [T](repeating: step == 2 ? gradient : 0.5, count: 19)
      weights = written(weights) { update(19, step, gradient, &first, &second, $0) }
    }
    #expect((weights + first + second).allSatisfy { $0.isFinite }, "\(table.isa) \(gradient)")
    return weights[7]
  }
  for (name, update) in table.updates where name != "sgd" && name != "nesterov" {
    for sign: T in [-1, 1] {
      let expected = weight(update, sign * largest)
      #expect(expected != weight(update, sign), "\(table.isa) \(name)")
      for gradient in [largest * 2, largest * largest, T.greatestFiniteMagnitude] {
        #expect(
          weight(update, sign * gradient) == expected, "\(table.isa) \(name) \(gradient)")
      }
    }
  }
}
