internal import RealModule

/// The map from values to positions along one axis of a figure, with its ticks.
struct Axis {
  /// The values at the two ends.
  let values: ClosedRange<Double>
  /// Where the two ends lie in the drawing; a vertical axis runs from larger to smaller y.
  let start, end: Double

  func position(_ value: Double) -> Double {
    start + (value - values.lowerBound) / (values.upperBound - values.lowerBound) * (end - start)
  }

  /// Multiples of 1, 2 or 5 times a power of ten, about `count` of them.
  func ticks(about count: Int) -> [Double] {
    let raw = (values.upperBound - values.lowerBound) / Double(count)
    let power = Double.exp10(Double.log10(raw).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= raw } ?? raw
    let first = Int((values.lowerBound / step - 1e-9).rounded(.up))
    let last = Int((values.upperBound / step + 1e-9).rounded(.down))
    return first > last ? [] : (first...last).map { Double($0) * step }
  }
}

/// A tick's label: as few digits as tell it from its neighbours.
func label(_ value: Double) -> String {
  let text = number(value)
  return text == "-0" ? "0" : text
}
