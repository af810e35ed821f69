import Foundation
import Testing

/// x times a gate and its slope in Double, with the limits at ±∞; `argument` is the argument of
/// the gate's exponential, whose rounding changes the result in proportion to its size.
struct ActivationReference: Sendable {
  let value: @Sendable (Double) -> Double
  let slope: @Sendable (Double) -> Double
  let argument: @Sendable (Double) -> Double
  /// Whether a kernel rounds the argument itself, so that it counts in either precision.
  let roundsArgument: Bool

  static let silu = ActivationReference(
    value: { $0 * logistic($0) }, slope: { logistic($0) * (1 + $0 * logistic(-$0)) },
    argument: { $0 }, roundsArgument: false)
  static let geluTanh = ActivationReference(
    value: { $0 * logistic(tanhArgument($0)) },
    slope: { x in
      let (w, slope) = (tanhArgument(x), (8 / Double.pi).squareRoot() * (1 + 0.134145 * x * x))
      return logistic(w) * (1 + x * slope * logistic(-w))
    }, argument: tanhArgument, roundsArgument: true)
  static let gelu = ActivationReference(
    value: { $0 * normal($0) },
    slope: { normal($0) + $0 * exp(-$0 * $0 / 2) / (2 * Double.pi).squareRoot() },
    argument: { $0 * $0 / 2 }, roundsArgument: false)
  static let sigmoid = ActivationReference(
    value: { logistic($0) }, slope: { logistic($0) * logistic(-$0) }, argument: { _ in 0 },
    roundsArgument: false)
  static let tanh = ActivationReference(
    value: { Foundation.tanh($0) }, slope: { 4 * logistic(2 * $0) * logistic(-2 * $0) },
    argument: { _ in 0 }, roundsArgument: false)
  static let softplus = ActivationReference(
    value: { log1p(exp($0)) }, slope: { logistic($0) }, argument: { _ in 0 },
    roundsArgument: false)

  /// The scale of the rounding error, in units of the result. For x > 0 the gate opens, and its
  /// error vanishes with its distance from 1.
  func conditioning<T: BinaryFloatingPoint>(_ x: Double, _: T.Type) -> Double {
    let share = roundsArgument ? 1 : Double.ulpOfOne / Double(T.ulpOfOne)
    return 1 + share * min(argument(x).magnitude, x > 0 ? 4 : .infinity)
  }
}

@Sendable private func logistic(_ x: Double) -> Double {
  x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x))
}
@Sendable private func tanhArgument(_ x: Double) -> Double {
  (8 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
}
@Sendable private func normal(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

/// Where the gates are closed or open to the last digit in either precision.
private func limited(_ x: Double) -> Double { x.isNaN ? x : min(max(x, -1600), 1600) }

private func inputs<T: BinaryFloatingPoint>() -> [T] {
  let ranges: [ClosedRange<Double>] = [-1...1, -6...6, -15...15, -40...40, -120...120, -760...760]
  return Samples.specials(of: T.self) + ranges.flatMap { Samples.uniform(300, in: $0) }
    + Samples.everyMagnitude(600)
}

/// Results below this are subnormal, where Double has no spare digits to check Double with.
private func floor<T: BinaryFloatingPoint>(_: T.Type) -> Double {
  Double(T.leastNormalMagnitude) * 1024
}

/// Compares a unit that multiplies x by a gate of x with its reference, out of place and in place.
func checkGated<T: BinaryFloatingPoint>(
  _ kernel: (Int, UnsafePointer<T>?, UnsafeMutablePointer<T>?) -> Void,
  _ reference: ActivationReference, _ label: Comment
) {
  let all: [T] = inputs()
  kernel(0, nil, nil)
  for n in Samples.lengths + [all.count] {
    let x = Array(all.suffix(n))
    let expected = x.map { x in
      x > 1600 ? Double(x) : reference.value(limited(Double(x)))
    }
    let scale = zip(x, expected).map {
      let relative = $1.magnitude * reference.conditioning(limited(Double($0)), T.self)
      return min(max(relative, floor(T.self)), Double(T.greatestFiniteMagnitude))
    }
    for actual in [written(count: n) { kernel(n, x, $0) }, written(x) { kernel(n, $0, $0) }] {
      #expect(mismatch(actual, expected, ulps: 8, scale: scale) == nil, label)
    }
  }
  let limits = written(count: 2) { kernel(2, [-.infinity, -.greatestFiniteMagnitude], $0) }
  #expect(limits == [0, 0] && limits.allSatisfy { $0.sign == .minus }, label)
}

/// Compares the backward form of an activation, from its input, with the slope of its reference.
func checkBackward<T: BinaryFloatingPoint>(
  _ kernel: (Int, UnsafePointer<T>?, UnsafePointer<T>?, UnsafeMutablePointer<T>?) -> Void,
  at reference: ActivationReference, _ label: Comment
) {
  let all: [T] = inputs()
  let gradients: [T] = Samples.uniform(all.count, in: -3...3, seed: 4)
  kernel(0, nil, nil, nil)
  for n in Samples.lengths + [all.count] {
    let (x, dy) = (Array(all.suffix(n)), Array(gradients.suffix(n)))
    let expected = zip(x, dy).map { reference.slope(limited(Double($0))) * Double($1) }
    // 1 + x (1 − gate) cancels where the slope crosses 0, near |x| = 1.
    let scale = zip(x, zip(dy, expected)).map { x, pair in
      let near = x.magnitude < 4 ? 1.0 : 0
      return max(pair.1.magnitude, near * Double(pair.0).magnitude, floor(T.self))
        * reference.conditioning(limited(Double(x)), T.self)
    }
    for actual in [
      written(count: n) { kernel(n, x, dy, $0) }, written(x) { kernel(n, $0, dy, $0) },
      written(dy) { kernel(n, x, $0, $0) },
    ] {
      #expect(mismatch(actual, expected, ulps: 12, scale: scale) == nil, label)
    }
  }
}

func checkLeakyUnits<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  let all: [T] = inputs()
  let gradients: [T] = Samples.uniform(all.count, in: -3...3, seed: 4)
  for n in [0] + Samples.lengths + [all.count] {
    let (x, dy) = (Array(all.suffix(n)), Array(gradients.suffix(n)))
    let leaky = written(x) { table.leakyReLU(n, 0.25, $0, $0) }
    let elu = written(x) { table.elu(n, 0.75, $0, $0) }
    let leakySlope = written(dy) { table.leakyReLUBackward(n, 0.25, x, $0, $0) }
    let eluSlope = written(dy) { table.eluBackward(n, 0.75, x, $0, $0) }
    guard n > 0 else { continue }
    let values = zip(x, dy).map { (x: Double($0), dy: Double($1)) }
    #expect(mismatch(leaky, values.map { $0.x > 0 ? $0.x : 0.25 * $0.x }, ulps: 0) == nil)
    #expect(mismatch(elu, values.map { $0.x > 0 ? $0.x : 0.75 * expm1($0.x) }, ulps: 4) == nil)
    let leakyExpected = values.map { $0.x > 0 ? $0.dy : $0.x.isNaN ? .nan : 0.25 * $0.dy }
    #expect(mismatch(leakySlope, leakyExpected, ulps: 0) == nil, "\(table.isa) \(T.self)")
    let eluExpected = values.map { $0.x > 0 ? $0.dy : $0.dy * 0.75 * exp($0.x) }
    let scale = eluExpected.map { max($0.magnitude, floor(T.self)) }
    #expect(mismatch(eluSlope, eluExpected, ulps: 4, scale: scale) == nil, "\(table.isa) \(T.self)")
  }
}

/// Dropout drops the same elements in both precisions and on every instruction set, and keeps NaN.
func checkDropout<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  func isKept(_ index: Int) -> Bool {
    var z: UInt64 = 42 &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return (z ^ (z >> 31)) >> 11 < 3 << 51  // three quarters of 2⁵³
  }
  for n in [0] + Samples.lengths + [10_000] {
    var x: [T] = Samples.uniform(n, in: 1...2)
    let y = written(x) { table.dropout(n, 42, 3 << 51, 2, $0, $0) }
    #expect(y == x.indices.map { isKept($0) ? 2 * x[$0] : 0 }, "\(table.isa) \(T.self) \(n)")
    if n == 10_000 { #expect(abs(y.count { $0 != 0 } - 7500) < 200) }
    guard n > 0 else { continue }
    x[n / 2] = .nan
    #expect(written(x) { table.dropout(n, 42, 0, 0, $0, $0) }[n / 2].isNaN)
  }
}
