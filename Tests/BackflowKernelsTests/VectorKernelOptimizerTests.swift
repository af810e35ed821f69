import CVectorKernels
import Foundation
import Testing

@Suite struct `VectorKernels, optimisers` {
  @Test func `follow PyTorch's rules for several steps`() {
    for kernels in OptimizerKernels<Float>.all { check(kernels) }
    for kernels in OptimizerKernels<Double>.all { check(kernels) }
  }

  @Test func `show what is not finite where it comes in, and nowhere else`() {
    for kernels in OptimizerKernels<Float>.all { checkNonFinite(kernels) }
    for kernels in OptimizerKernels<Double>.all { checkNonFinite(kernels) }
  }

  @Test func `leave an average of squares that has arrived where it is`() {
    let keeps = [0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999, 0.9999999]
    for pointer in (0..<backflow_kernels_count()).compactMap({ backflow_kernels_at_f32($0) }) {
      let k = pointer.pointee
      for keep in keeps {
        checkFixedPoint("\(String(cString: k.isa)) \(keep)") { n, g, m, v, p in
          k.adam_update(n, 0.01, 0.9, keep, 1e-8, 1, 1, 0, 0, g, m, v, p)
        } rmsprop: { n, g, m, v, p in
          k.rmsprop_update(n, 0.01, keep, 1e-8, 0, 0, g, v, m, p)
        }
      }
    }
  }

  // keep = 0 follows the newest square at once, however large the one before was.
  @Test func `follow the newest square where nothing is kept`() {
    for pointer in (0..<backflow_kernels_count()).compactMap({ backflow_kernels_at_f32($0) }) {
      var (m, v, p) = ([Float](repeating: 1e15, count: 19), [Float](repeating: 1e30, count: 19), m0)
      let gradient = [Float](repeating: 3, count: 19)
      pointer.pointee.adam_update(19, 0.01, 0, 0, 1e-8, 1, 1, 0, 0, gradient, &m, &v, &p)
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
    for kernels in OptimizerKernels<Float>.all { checkLarge(kernels, largest: 0x1p63) }
    for kernels in OptimizerKernels<Double>.all { checkLarge(kernels, largest: 0x1p511) }
  }
}

/// Each optimiser with fixed settings: (count, step, gradient, two states, parameter).
private struct OptimizerKernels<T: BinaryFloatingPoint> {
  typealias Update = (
    Int, Int, UnsafePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>,
    UnsafeMutablePointer<T>
  ) -> Void

  let isa: String
  let updates: [(name: String, update: Update)]
}

extension OptimizerKernels<Float> {
  static var all: [Self] {
    (0..<backflow_kernels_count()).compactMap { backflow_kernels_at_f32($0)?.pointee }.map { k in
      Self(
        isa: String(cString: k.isa),
        updates: [
          ("sgd", { n, _, g, v, _, p in k.sgd_update(n, 0.1, 0.9, 0.01, g, v, p) }),
          ("nesterov", { n, _, g, v, _, p in k.nesterov_update(n, 0.1, 0.9, 0.01, g, v, p) }),
          (
            "adam",
            { n, t, g, m, v, p in
              k.adam_update(
                n, 0.01, 0.9, 0.999, 1e-8, 1 - pow(0.9, Double(t)), 1 - pow(0.999, Double(t)),
                0.01, 0, g, m, v, p)
            }
          ),
          (
            "adamw",
            { n, t, g, m, v, p in
              k.adam_update(
                n, 0.01, 0.9, 0.999, 1e-8, 1 - pow(0.9, Double(t)), 1 - pow(0.999, Double(t)), 0,
                0.01 * 0.1, g, m, v, p)
            }
          ),
          (
            "rmsprop",
            { n, _, g, s, v, p in k.rmsprop_update(n, 0.01, 0.9, 1e-3, 0.5, 0.01, g, s, v, p) }
          ),
          ("adagrad", { n, _, g, s, _, p in k.adagrad_update(n, 0.1, 1e-3, 0.01, g, s, p) }),
        ])
    }
  }
}

extension OptimizerKernels<Double> {
  static var all: [Self] {
    (0..<backflow_kernels_count()).compactMap { backflow_kernels_at_f64($0)?.pointee }.map { k in
      Self(
        isa: String(cString: k.isa),
        updates: [
          ("sgd", { n, _, g, v, _, p in k.sgd_update(n, 0.1, 0.9, 0.01, g, v, p) }),
          ("nesterov", { n, _, g, v, _, p in k.nesterov_update(n, 0.1, 0.9, 0.01, g, v, p) }),
          (
            "adam",
            { n, t, g, m, v, p in
              k.adam_update(
                n, 0.01, 0.9, 0.999, 1e-8, 1 - pow(0.9, Double(t)), 1 - pow(0.999, Double(t)),
                0.01, 0, g, m, v, p)
            }
          ),
          (
            "adamw",
            { n, t, g, m, v, p in
              k.adam_update(
                n, 0.01, 0.9, 0.999, 1e-8, 1 - pow(0.9, Double(t)), 1 - pow(0.999, Double(t)), 0,
                0.01 * 0.1, g, m, v, p)
            }
          ),
          (
            "rmsprop",
            { n, _, g, s, v, p in k.rmsprop_update(n, 0.01, 0.9, 1e-3, 0.5, 0.01, g, s, v, p) }
          ),
          ("adagrad", { n, _, g, s, _, p in k.adagrad_update(n, 0.1, 1e-3, 0.01, g, s, p) }),
        ])
    }
  }
}

/// One weight under the same rules, in Double.
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

private func check<T: BinaryFloatingPoint>(_ kernels: OptimizerKernels<T>) {
  for n in Samples.lengths {
    for (name, update) in kernels.updates {
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
        #expect(difference == nil, "\(kernels.isa) \(T.self) \(name), \(part)")
      }
      // A sum of squares cancels nothing, so it keeps its relative accuracy, and that shows whether
      // 1 − beta2 was taken in double: in single precision it would be off by 5e-5.
      guard name == "adamw" else { continue }
      let difference = mismatch(second, reference.map(\.second), ulps: 8)
      #expect(difference == nil, "\(kernels.isa) \(T.self) v")
    }
  }
}

private func checkNonFinite<T: BinaryFloatingPoint>(_ kernels: OptimizerKernels<T>) {
  for (name, update) in kernels.updates {
    for bad in [T.nan, .infinity, -.infinity] {
      var (first, second) = ([T](repeating: 0, count: 19), [T](repeating: 0, count: 19))
      var gradient = [T](repeating: 0.5, count: 19)
      gradient[7] = bad
      let weights = written([T](repeating: 1, count: 19)) {
        update(19, 1, gradient, &first, &second, $0)
      }
      let what: Comment = "\(kernels.isa) \(name) \(bad)"
      #expect(weights.indices.filter { !weights[$0].isFinite } == [7], what)
      #expect(first.indices.filter { !first[$0].isFinite } == [7], what)
    }
  }
}

private func checkLarge<T: BinaryFloatingPoint>(_ kernels: OptimizerKernels<T>, largest: T) {
  func weight(_ update: OptimizerKernels<T>.Update, _ gradient: T) -> T {
    var (first, second) = ([T](repeating: 0, count: 19), [T](repeating: 0, count: 19))
    var weights = [T](repeating: 1, count: 19)
    for step in 1...3 {
      let gradient = [T](repeating: step == 2 ? gradient : 0.5, count: 19)
      weights = written(weights) { update(19, step, gradient, &first, &second, $0) }
    }
    #expect((weights + first + second).allSatisfy { $0.isFinite }, "\(kernels.isa) \(gradient)")
    return weights[7]
  }
  for (name, update) in kernels.updates where name != "sgd" && name != "nesterov" {
    for sign: T in [-1, 1] {
      let expected = weight(update, sign * largest)
      #expect(expected != weight(update, sign), "\(kernels.isa) \(name)")
      for gradient in [largest * 2, largest * largest, T.greatestFiniteMagnitude] {
        #expect(
          weight(update, sign * gradient) == expected, "\(kernels.isa) \(name) \(gradient)")
      }
    }
  }
}
