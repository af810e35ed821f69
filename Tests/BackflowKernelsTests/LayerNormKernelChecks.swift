import Foundation
import Testing

private let shapes = [
  (1, 1), (1, 2), (2, 7), (3, 16), (4, 33), (5, 64), (9, 100), (4, 600), (1, 70_000),
]

/// x̂, y and r of each row, and the gradients, in double from the equations.
private struct Reference {
  var normalized: [Double] = [], output: [Double] = [], inverse: [Double] = []
  var inputGradient: [Double] = [], scales: [Double] = []
  var weightGradient: [Double], biasGradient: [Double]

  init<T: BinaryFloatingPoint>(_ x: [T], dy: [T], weight: [T], bias: [T], epsilon: Double) {
    let columns = weight.count
    (weightGradient, biasGradient) = (weight.map { _ in 0 }, weight.map { _ in 0 })
    for start in stride(from: 0, to: x.count, by: columns) {
      let row = start..<start + columns
      // About the first element, so that a large offset costs no digits. The samples have so few
      // that their sum is exact; the mean has a rest.
      let shifts = row.map { Double(x[$0]) - Double(x[start]) }
      let sum = shifts.reduce(0, +)
      let mean = sum / Double(columns)
      let rest = sum.addingProduct(-mean, Double(columns)) / Double(columns)
      let deviations = shifts.map { ($0 - mean) - rest }
      let variance = deviations.reduce(0) { $0 + $1 * $1 } / Double(columns)
      let r = 1 / (variance + epsilon).squareRoot()
      let hats = deviations.map { $0 * r }
      let g = row.map { Double(dy[$0]) * Double(weight[$0 - start]) }
      let meanOfG = g.reduce(0, +) / Double(columns)
      let slope = zip(g, hats).reduce(0) { $0 + ($1.0 - meanOfG) * $1.1 } / Double(columns)
      let largest = g.reduce(0) { max($0, $1.magnitude) }
      normalized += hats
      inverse.append(r)
      for (i, hat) in hats.enumerated() {
        output.append(hat * Double(weight[i]) + Double(bias[i]))
        inputGradient.append(r * (g[i] - meanOfG - hat * slope))
        scales.append(r * largest * (1 + hat.magnitude))
        weightGradient[i] += Double(dy[start + i]) * hat
        biasGradient[i] += Double(dy[start + i])
      }
    }
  }
}

func checkLayerNorm<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for (rows, columns) in shapes {
    // Also rows far from 0, whose deviations have few digits, and an outlier in first place.
    for (offset, first) in [(0, 0), (T(1 << 12), 0), (0, T(1 << 10))] {
      // Multiples of 1/1024, whose sums are exact.
      let samples: [T] = Samples.uniform(rows * columns, in: -2048...3072)
      var x = samples.map { (value: T) -> T in value.rounded() / 1024 + offset }
      for r in 0..<rows { x[r * columns] += first }
      check(table, x, rows: rows, columns: columns, "offset \(offset), first \(first)")
    }
  }
  checkSpecialRows(table)
}

private func check<T: BinaryFloatingPoint>(
  _ table: KernelTable<T>, _ x: [T], rows: Int, columns: Int, _ text: String
) {
  let label = Comment(rawValue: "\(table.isa) \(T.self) \(rows)×\(columns) \(text)")
  let dy: [T] = Samples.uniform(rows * columns, in: -2...2.5, seed: 2)
  let weight: [T] = Samples.uniform(columns, in: -2...2, seed: 3)
  let bias: [T] = Samples.uniform(columns, in: -2...2, seed: 4)
  let reference = Reference(x, dy: dy, weight: weight, bias: bias, epsilon: 1e-5)
  let results = Results(table, x, dy: dy, weight: weight, bias: bias, epsilon: 1e-5)

  // The sums of doubles round, those of floats are in double.
  let sumError = T.ulpOfOne == T(Double.ulpOfOne) ? 4 * Double(columns).squareRoot() : 0
  let inverse = results.statistics[3].map { T($0) }
  #expect(mismatch(inverse, reference.inverse, ulps: 2 + sumError) == nil, label)
  // The last digits of x̂ times γ, and of the sum with β. A mean of doubles has an error of some
  // last digits of a deviation, which is 1 in units of x̂.
  let least = sumError > 0 ? 1.0 : 0
  let outputScale = reference.output.indices.map { i in
    max(reference.normalized[i].magnitude, least) * Double(weight[i % columns]).magnitude
      + Double(bias[i % columns]).magnitude
  }
  #expect(
    mismatch(results.output, reference.output, ulps: 5 + sumError, scale: outputScale) == nil, label
  )
  let gradient = results.inputGradient
  #expect(
    mismatch(gradient, reference.inputGradient, ulps: 6 + sumError, scale: reference.scales) == nil,
    label)
  let largest = reference.normalized.reduce(1) { max($0, $1.magnitude) } * 2.5 * Double(rows)
  let columnScale = [Double](repeating: largest, count: columns)
  #expect(
    mismatch(
      results.weightGradient, reference.weightGradient, ulps: 2 + sumError, scale: columnScale)
      == nil,
    label)
  #expect(
    mismatch(results.biasGradient, reference.biasGradient, ulps: 2 + sumError, scale: columnScale)
      == nil,
    label)
}

/// What both kernels write.
private struct Results<T: BinaryFloatingPoint> {
  var output: [T], inputGradient: [T], weightGradient: [T], biasGradient: [T]
  /// Mean, rest, scale and inverse of each row.
  var statistics: [[Double]]

  init(
    _ table: KernelTable<T>, _ x: [T], dy: [T], weight: [T], bias: [T], epsilon: Double
  ) {
    let columns = weight.count
    let rows = x.count / columns
    var numbers = [[Double]](repeating: [Double](repeating: .nan, count: rows), count: 4)
    var (mean, rest, scale, inverse) = (numbers[0], numbers[1], numbers[2], numbers[3])
    output = written(x) {
      table.layerNorm(
        rows, columns, epsilon, weight, bias, $0, $0, &mean, &rest, &scale, &inverse)
    }
    numbers = [mean, rest, scale, inverse]
    statistics = numbers
    var row = weight
    var sums = [Double](repeating: 0, count: 4 * columns)
    inputGradient = written(count: x.count) {
      table.layerNormBackward(
        rows, columns, weight, mean, rest, scale, inverse, x, dy, &row, $0, &sums)
    }
    weightGradient = (0..<columns).map { T(sums[$0] + sums[columns + $0]) }
    biasGradient = (0..<columns).map { T(sums[2 * columns + $0] + sums[3 * columns + $0]) }
  }
}

/// Rows between ordinary ones that are constant, huge, tiny or not finite.
private func checkSpecialRows<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  let label = Comment(rawValue: "\(table.isa) \(T.self)")
  let (rows, columns) = (8, 40)
  let ones = [T](repeating: 1, count: columns)
  let zeros = [T](repeating: 0, count: columns)
  let ordinary: [T] = Samples.uniform(rows * columns, in: -1...1)
  let dy: [T] = Samples.uniform(rows * columns, in: -1...1, seed: 2)
  func results(_ x: [T]) -> Results<T> {
    Results(table, x, dy: dy, weight: ones, bias: zeros, epsilon: 1e-30)
  }
  let expected = results(ordinary)
  for special in 0..<rows {
    let place = special * columns..<(special + 1) * columns
    // Alternating numbers have mean 0 and x̂ = ±1, whatever their size.
    let largest = T.greatestFiniteMagnitude
    for size in [largest / 2, largest / 4096] {
      var x = ordinary
      for i in place { x[i] = i % 2 == 0 ? size : -size }
      let actual = results(x)
      let errors = actual.output[place].map { ($0.magnitude - 1).magnitude }
      #expect(errors.allSatisfy { $0 <= 2 * .ulpOfOne }, label)
      #expect(actual.inputGradient[place].allSatisfy { $0.isFinite }, label)
    }
    for constant in [0, 3.3, largest] {
      var x = ordinary
      for i in place { x[i] = constant }
      let actual = results(x)
      #expect(actual.output[place].allSatisfy { $0 == 0 }, label)
      #expect(actual.output[..<place.lowerBound] == expected.output[..<place.lowerBound], label)
      #expect(actual.output[place.upperBound...] == expected.output[place.upperBound...], label)
    }
    for value in [T.nan, .infinity] {
      var x = ordinary
      x[place.lowerBound + special] = value
      let actual = results(x)
      for (i, y) in actual.output.enumerated() { #expect(y.isNaN == place.contains(i), label) }
      for (i, dx) in actual.inputGradient.enumerated() {
        #expect(dx.isNaN == place.contains(i), label)
      }
    }
  }
}
