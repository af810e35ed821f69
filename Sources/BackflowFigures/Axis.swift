internal import RealModule

/// A linear map from values to positions along an axis of a figure, with its ticks.
struct Axis {
  /// The values at the two ends.
  let values: ClosedRange<Double>
  /// The positions of the two ends in the drawing. On a vertical axis, y decreases.
  let start, end: Double

  func position(_ value: Double) -> Double {
    start + (value - values.lowerBound) / (values.upperBound - values.lowerBound) * (end - start)
  }

  /// Returns multiples of 1, 2, or 5 times a power of ten, about `count` of them.
  func ticks(about count: Int) -> [Double] {
    let raw = (values.upperBound - values.lowerBound) / Double(count)
    let power = Double.exp10(Double.log10(raw).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= raw } ?? raw
    let first = Int((values.lowerBound / step - 1e-9).rounded(.up))
    let last = Int((values.upperBound / step + 1e-9).rounded(.down))
    return first > last ? [] : (first...last).map { Double($0) * step }
  }
}

extension Axis {
  /// The ticks of an axis of log₁₀ values over less than three decades: powers of ten, and 2 and 5
  /// times these; on less than one, all multiples.
  var logarithmicTicks: [(value: Double, label: String)] {
    let decades = values.upperBound - values.lowerBound
    let multiples = decades >= 1 ? [1, 2, 5] : Array(1...9)
    let powers = Int(values.lowerBound.rounded(.down))...Int(values.upperBound.rounded(.up))
    let ticks = powers.flatMap { power in
      multiples.map { Double($0) * Double.exp10(Double(power)) }
    }.map { (Double.log10($0), short($0)) }.filter { values.contains($0.0) }
    return ticks.count > 1 ? ticks : ticksOfShortRange
  }

  /// The ticks of a small part of a decade.
  private var ticksOfShortRange: [(value: Double, label: String)] {
    let numbers = Double.exp10(values.lowerBound)...Double.exp10(values.upperBound)
    return Axis(values: numbers, start: start, end: end).ticks(about: 5).map {
      (Double.log10($0), short($0))
    }
  }
}
