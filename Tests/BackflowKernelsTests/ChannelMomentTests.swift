import BackflowKernels
import Foundation
import Testing

/// Mean and variance where one-pass or single-precision sums cancel, overflow or vanish.
@Suite struct `VectorKernels, moments of channels` {
  @Test func `constant channels`() {
    for table in KernelTable<Float>.all { checkConstants(table) }
    for table in KernelTable<Double>.all { checkConstants(table) }
  }

  @Test func `a channel that is not finite, and no channels`() {
    for table in KernelTable<Float>.all { checkNonfinite(table) }
    for table in KernelTable<Double>.all { checkNonfinite(table) }
  }

  @Test func `without a variance, and dot products without means`() {
    let layout = ChannelLayout(outer: 2, channels: 300, inner: 1)
    let x: [Float] = Samples.uniform(600, in: -1...1)
    let moments = VectorKernels.channelMoments(x.span, layout, withVariance: false)
    let dots = VectorKernels.channelDots(x.span, x.span, layout)
    for c in 0..<300 {
      let (first, second) = (Double(x[c]), Double(x[300 + c]))
      #expect(moments.mean(c) == (first + second) / 2)
      #expect(dots.span[c] == first * first + second * second)
    }
  }
}

private let layouts = [(1, 1, 2), (40, 3, 1), (70, 300, 1), (2, 3, 8), (1, 4, 600), (4, 2, 100)]

private struct Moments {
  var mean, rest, scale, variance: [Double]

  init<T: BinaryFloatingPoint>(
    _ table: KernelTable<T>, _ layout: (Int, Int, Int), _ x: [T]
  ) {
    let none = [Double](repeating: .nan, count: layout.1)
    (mean, rest, scale, variance) = (none, none, none, none)
    table.channelMoments(
      layout.0, layout.1, layout.2, layout.1 * layout.2, x, &mean, &rest, &scale, &variance)
  }

  func deviation(_ c: Int) -> Double { variance[c].squareRoot() / scale[c] }
}

/// Every channel alternates between offset ± spread, so its moments are known without a sum: the
/// mean is the offset and the deviation is the spread, whatever their sizes.
private func alternating<T: BinaryFloatingPoint>(
  _ layout: (outer: Int, channels: Int, inner: Int), offset: T, spread: T
) -> [T] {
  (0..<layout.outer * layout.channels * layout.inner).map { i in
    let place =
      i / (layout.channels * layout.inner) * layout.inner + i % layout.inner  // in its channel
    return place % 2 == 0 ? offset + spread : offset - spread
  }
}

func checkChannelMoments<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  let largest = Int(T.greatestFiniteMagnitude.exponent)
  let smallest = Int(T.leastNormalMagnitude.exponent)
  for layout in layouts {
    for exponent in [smallest, smallest / 2, -80, -1, 0, 60, largest / 2, largest - 1] {
      let unit = T(sign: .plus, exponent: T.Exponent(exponent), significand: 1)
      // Also offsets whose last digits are those of the spread.
      for (offset, spread) in [(0, unit), (unit, unit / 8), (unit, unit * .ulpOfOne * 4)] {
        let moments = Moments(table, layout, alternating(layout, offset: offset, spread: spread))
        let label = "\(table.isa) \(T.self) \(layout) 2^\(exponent) \(offset) ± \(spread)"
        for c in 0..<layout.1 {
          let mean = (moments.mean[c] + moments.rest[c]) / moments.scale[c]
          #expect(T(mean) == offset, "\(label)")
          let deviation = moments.deviation(c)
          let error = (deviation / Double(spread) - 1).magnitude
          // The squares of subnormal deviations have fewer digits.
          #expect(error < 1e-14, "\(label): deviation \(deviation)")
        }
      }
    }
  }
}

private func checkConstants<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for value: T in [10_000.1, 0.1, -16_777_215, 3.3e-30, 0, .greatestFiniteMagnitude] {
    let layout = (outer: 37, channels: 2, inner: 9)
    let x = [T](repeating: value, count: 37 * 2 * 9)
    let moments = Moments(table, layout, x)
    #expect(moments.variance == [0, 0], "\(table.isa) \(value)")
    let mean = (moments.mean[0] + moments.rest[0]) / moments.scale[0]
    #expect(T(mean) == value)
    let y = standardized(table, layout, moments, x)
    #expect(y.allSatisfy { $0 == 0 }, "\(table.isa) \(value)")
  }
}

private func standardized<T: BinaryFloatingPoint>(
  _ table: KernelTable<T>, _ layout: (Int, Int, Int), _ moments: Moments, _ x: [T]
) -> [T] {
  let factors = moments.variance.map { 1 / max($0, 1e-300).squareRoot() }
  return written(x) {
    table.channelStandardize(
      layout.0, layout.1, layout.2, layout.1 * layout.2, moments.mean, moments.rest, moments.scale,
      factors, $0, $0)
  }
}

func checkStandardize<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for layout in layouts {
    let unit = T.ulpOfOne
    for (offset, spread): (T, T) in [
      (0, 3), (1, 4 * unit), (.greatestFiniteMagnitude / 2, .greatestFiniteMagnitude / 4),
      (0, .leastNormalMagnitude),
    ] {
      let x = alternating(layout, offset: offset, spread: spread)
      let y = standardized(table, layout, Moments(table, layout, x), x)
      let expected = x.map { $0 > offset ? 1.0 : -1.0 }
      #expect(mismatch(y, expected, ulps: 2) == nil, "\(table.isa) \(T.self) \(layout) \(spread)")
    }
  }
}

private func checkNonfinite<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  table.channelMoments(0, 0, 0, 0, nil, nil, nil, nil, nil)
  for layout in layouts {
    for special in [T.nan, .infinity] {
      var x = alternating(layout, offset: T(1), spread: 0.5)
      x[x.count - 1] = special
      let moments = Moments(table, layout, x)
      #expect(moments.variance.last?.isNaN == true)
      #expect(moments.variance.dropLast().allSatisfy { $0 == 0.25 })
    }
  }
}
