import Foundation
import Testing

@Suite struct `VectorKernels, losses` {
  @Test func `of rows without samples`() {
    for table in KernelTable<Float>.all { checkEmpty(table) }
    for table in KernelTable<Double>.all { checkEmpty(table) }
  }
}

// MARK: - Of elements

/// Compares the loss of an element, and half its gradient with respect to x, with its reference.
func checkElementwiseLoss<T: BinaryFloatingPoint>(
  _ kernel: (
    Int, Double, UnsafePointer<T>?, UnsafePointer<T>?, UnsafeMutablePointer<T>?,
    UnsafeMutablePointer<T>?
  ) -> Void,
  _ label: Comment, _ reference: (_ x: Double, _ t: Double) -> (loss: Double, slope: Double)
) {
  // Multiples of 1/8, so that x − t is exact and often a kink; then special values.
  let eighths: [T] = Samples.uniform(160, in: -160...160)
  let grid = eighths.map { $0.rounded() / 8 }
  let shares: [T] = Samples.uniform(160, in: 0...8, seed: 2)
  let targets = shares.map { $0.rounded() / 8 }
  let specials: [T] = [.nan, .infinity, -.infinity, 0, -0.0, 0.75, -0.75]
  let allX = grid + specials
  let allT = targets + specials.map { _ in 0 }
  kernel(0, 1, nil, nil, nil, nil)
  for n in Samples.lengths + [allX.count] {
    let (x, t) = (Array(allX.suffix(n)), Array(allT.suffix(n)))
    let expected = zip(x, t).map { reference(Double($0), Double($1)) }
    let scales = expected.map { min(max(1.0, $0.loss.magnitude), 1e30) }
    for places in [(false, false), (true, false), (false, true)] {
      let (loss, gradient) = outputs(x, t, in: places) { kernel(n, 0.5, $0, $1, $2, $3) }
      let losses = mismatch(loss, expected.map(\.loss), ulps: 4, scale: scales)
      #expect(losses == nil, label)
      let slopes = expected.map { $0.slope / 2 }
      let ones = slopes.map { min(max(1.0, $0.magnitude), 1e30) }
      #expect(mismatch(gradient, slopes, ulps: 4, scale: ones) == nil, label)
    }
  }
}

/// The references of the elementwise losses: the loss, and its derivative with respect to x.
enum LossReference {
  static func squaredError(_ x: Double, _ t: Double) -> (loss: Double, slope: Double) {
    ((x - t) * (x - t), 2 * (x - t))
  }

  static func huber(_ x: Double, _ t: Double) -> (loss: Double, slope: Double) {
    let d = x - t
    return d.magnitude <= 0.75
      ? (d * d / 2, d) : (0.75 * (d.magnitude - 0.375), d > 0 ? 0.75 : d < 0 ? -0.75 : d)
  }

  static func smoothL1(_ x: Double, _ t: Double) -> (loss: Double, slope: Double) {
    let d = x - t
    return d.magnitude < 0.75
      ? (d * d / 1.5, d / 0.75) : (d.magnitude - 0.375, d > 0 ? 1 : d < 0 ? -1 : d)
  }

  static func absolute(_ x: Double, _ t: Double) -> (loss: Double, slope: Double) {
    let d = x - t
    return (d.magnitude, d > 0 ? 1 : d < 0 ? -1 : d)
  }

  static func sigmoidCrossEntropy(_ x: Double, _ t: Double) -> (loss: Double, slope: Double) {
    let e = exp(-x.magnitude)
    // The probability given to the wrong side; an infinite logit without any costs 0.
    let wrong = x > 0 ? 1 - t : t
    let loss = (wrong == 0 ? 0 : x.magnitude * wrong) + log1p(e)
    return (loss, x > 0 ? (1 - t) - e / (1 + e) : e / (1 + e) - t)
  }
}

/// Loss and gradient, written beside x and t, with the gradient in the place of x, or with it in
/// the place of t and the loss in that of x.
private func outputs<T: BinaryFloatingPoint>(
  _ x: [T], _ t: [T], in places: (Bool, Bool),
  _ kernel: (
    UnsafePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>
  ) -> Void
) -> (loss: [T], gradient: [T]) {
  var loss: [T] = []
  switch places {
  case (true, _):
    let gradient = written(x) { x in
      loss = written(count: t.count) { kernel(x, t, $0, x) }
    }
    return (loss, gradient)
  case (_, true):
    let gradient = written(t) { t in
      loss = written(x) { kernel($0, t, $0, t) }
    }
    return (loss, gradient)
  default:
    let gradient = written(count: x.count) { gradient in
      loss = written(count: x.count) { kernel(x, t, $0, gradient) }
    }
    return (loss, gradient)
  }
}

// MARK: - Of rows

private let shapes = [(1, 1), (1, 9), (3, 2), (4, 16), (5, 33), (7, 300), (2, 513)]

func checkRowLosses<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for (rows, columns) in shapes {
    let x: [T] = Samples.uniform(rows * columns, in: -8...8)
    // Every third row ignored.
    let labels = (0..<rows).map { $0 % 3 == 2 ? -1 : Int64($0 * 7 % columns) }
    for smoothing in [0, 0.25] {
      let indicators = (0..<rows * columns).map { i -> T in
        labels[i / columns] == Int64(i % columns) ? 1 : 0
      }
      let label = Comment(rawValue: "\(table.isa) \(T.self) \(rows)×\(columns), \(smoothing)")
      let hard = crossEntropy(x, indicators, columns, smoothing)
      let kept = labels.map { $0 >= 0 }
      for place in [(false, false), (true, false)] {
        let (loss, gradient) = outputs(x, [T](repeating: 0, count: rows), in: place) {
          table.crossEntropy(rows, columns, smoothing, 0.5, $0, labels, $2, $3)
        }
        let losses = zip(hard.losses, kept).map { $1 ? $0 : 0 }
        #expect(
          mismatch(Array(loss.prefix(rows)), losses, ulps: 8, scale: hard.scales) == nil, label)
        let slopes = hard.slopes.indices.map { kept[$0 / columns] ? hard.slopes[$0] / 2 : 0 }
        let ones = slopes.map { _ in 1.0 }
        #expect(mismatch(gradient, slopes, ulps: 8, scale: ones) == nil, label)
      }
      checkSoft(table, x, rows, columns, smoothing, label)
    }
    checkMargin(table, x, labels.map { max(0, $0) }, columns)
  }
}

/// Losses, their rounding's scale and gradients of rows with targets q, in Double.
private func crossEntropy<T: BinaryFloatingPoint>(
  _ x: [T], _ targets: [T], _ columns: Int, _ smoothing: Double
) -> (losses: [Double], scales: [Double], slopes: [Double]) {
  var result = (losses: [Double](), scales: [Double](), slopes: [Double]())
  for start in stride(from: 0, to: x.count, by: columns) {
    let row = x[start..<start + columns].map { Double($0) }
    let q = targets[start..<start + columns].map {
      (1 - smoothing) * Double($0) + smoothing / Double(columns)
    }
    let sum = row.reduce(0) { $0 + exp($1) }
    let mass = q.reduce(0, +)
    result.losses.append(zip(row, q).reduce(0) { $0 - $1.1 * ($1.0 - log(sum)) })
    result.scales.append(zip(row, q).reduce(1) { $0 + $1.1 * (16 + log(sum).magnitude) })
    result.slopes += zip(row, q).map { exp($0) / sum * mass - $1 }
  }
  return result
}

private func checkSoft<T: BinaryFloatingPoint>(
  _ table: KernelTable<T>, _ x: [T], _ rows: Int, _ columns: Int, _ smoothing: Double,
  _ label: Comment
) {
  let targets: [T] = Samples.uniform(rows * columns, in: 0...1, seed: 4)
  let expected = crossEntropy(x, targets, columns, smoothing)
  let mass = Double(columns)
  for place in [(false, false), (true, false)] {
    let (loss, gradient) = outputs(x, targets, in: place) { x, t, loss, gradient in
      let losses = written(count: rows) {
        table.softCrossEntropy(rows, columns, smoothing, 0.5, x, t, $0, gradient)
      }
      for row in 0..<rows { loss[row] = losses[row] }
    }
    let losses = mismatch(
      Array(loss.prefix(rows)), expected.losses, ulps: 8, scale: expected.scales)
    #expect(losses == nil, label)
    let slopes = expected.slopes.map { $0 / 2 }
    let scales = slopes.map { _ in mass }
    #expect(mismatch(gradient, slopes, ulps: 8, scale: scales) == nil, label)
  }
  // In the targets' place.
  let gradient = written(targets) { t in
    _ = written(count: rows) {
      table.softCrossEntropy(rows, columns, smoothing, 0.5, x, t, $0, t)
    }
  }
  let scales = expected.slopes.map { _ in mass }
  let slopes = expected.slopes.map { $0 / 2 }
  #expect(mismatch(gradient, slopes, ulps: 8, scale: scales) == nil, label)
}

private func checkMargin<T: BinaryFloatingPoint>(
  _ table: KernelTable<T>, _ x: [T], _ labels: [Int64], _ columns: Int
) {
  let rows = labels.count
  for squared in [false, true] {
    var losses = [Double](repeating: 0, count: rows)
    var slopes = [Double](repeating: 0, count: x.count)
    for i in x.indices {
      let right = i / columns * columns + Int(labels[i / columns])
      // In T, so that the reference is on the same side of the kink.
      let z = Double((1.5 - x[right]) + x[i])
      if i == right || z <= 0 { continue }
      losses[i / columns] += (squared ? z * z : z) / Double(columns)
      slopes[i] += (squared ? 2 * z : 1) / Double(columns)
      slopes[right] -= (squared ? 2 * z : 1) / Double(columns)
    }
    let label = Comment(rawValue: "\(table.isa) \(T.self) \(rows)×\(columns), \(squared)")
    for place in [(false, false), (true, false)] {
      let (loss, gradient) = outputs(x, [T](repeating: 0, count: rows), in: place) {
        table.multiclassHinge(rows, columns, 1.5, squared ? 1 : 0, 2, $0, labels, $2, $3)
      }
      let scale = losses.map { max(1, $0) }
      #expect(mismatch(Array(loss.prefix(rows)), losses, ulps: 16, scale: scale) == nil, label)
      let slopeScale = slopes.map { _ in 40.0 }
      #expect(mismatch(gradient, slopes.map { 2 * $0 }, ulps: 8, scale: slopeScale) == nil, label)
    }
  }
}

private func checkEmpty<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  table.crossEntropy(0, 5, 0, 1, nil, nil, nil, nil)
  table.softCrossEntropy(0, 5, 0, 1, nil, nil, nil, nil)
  table.multiclassHinge(0, 5, 1, 0, 1, nil, nil, nil, nil)
  table.gather(0, 5, nil, nil, nil)
  table.scatter(0, 5, nil, nil, nil)
  table.weightRows(0, 5, nil, nil, nil)
}

func checkOuterProduct<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for (rows, columns) in shapes {
    let a: [T] = Samples.uniform(rows, in: -2...2)
    var b: [T] = Samples.uniform(columns, in: -2...2)
    b[columns - 1] = .nan
    let expected = (0..<rows * columns).map { Double(1.5 * a[$0 / columns] * b[$0 % columns]) }
    let actual = written(count: rows * columns) {
      table.outerProduct(rows, columns, 1.5, a, b, $0)
    }
    #expect(
      mismatch(actual, expected, ulps: 0) == nil,
      Comment(rawValue: "\(table.isa) \(T.self) \(rows)×\(columns)"))
  }
}

func checkIndexedColumns<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for (rows, columns) in shapes {
    var x: [T] = Samples.uniform(rows * columns, in: -2...2)
    let indices = (0..<rows).map { Int64(($0 * 5 + 1) % columns) }
    x[Int(indices[0])] = .nan
    let chosen = indices.enumerated().map { $0 * columns + Int($1) }
    let label = Comment(rawValue: "\(table.isa) \(T.self) \(rows)×\(columns)")

    let values = written(count: rows) { table.gather(rows, columns, x, indices, $0) }
    #expect(mismatch(values, chosen.map { Double(x[$0]) }, ulps: 0) == nil, label)
    let inPlace = written(x) { table.gather(rows, columns, $0, indices, $0) }
    #expect(mismatch(Array(inPlace.prefix(rows)), values.map { Double($0) }, ulps: 0) == nil, label)

    var scattered = [Double](repeating: 0, count: x.count)
    for place in chosen { scattered[place] = Double(x[place]) }
    let apart = written(count: x.count) {
      table.scatter(rows, columns, values, indices, $0)
    }
    #expect(mismatch(apart, scattered, ulps: 0) == nil, label)
    let padded = values + [T](repeating: 5, count: x.count - rows)
    let over = written(padded) { table.scatter(rows, columns, $0, indices, $0) }
    #expect(mismatch(over, scattered, ulps: 0) == nil, label)

    let weighted = x.indices.map { Double(values[$0 / columns] * x[$0]) }
    for actual in [
      written(count: x.count) { table.weightRows(rows, columns, values, x, $0) },
      written(x) { table.weightRows(rows, columns, values, $0, $0) },
    ] {
      #expect(mismatch(actual, weighted, ulps: 0) == nil, label)
    }
  }
}
