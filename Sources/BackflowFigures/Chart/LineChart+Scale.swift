internal import RealModule

extension LineChart.Scale {
  /// Returns the coordinate of a value on its axis: the value itself or its log₁₀, or `nil` if the
  /// axis cannot show it.
  func coordinate(_ value: Double) -> Double? {
    // The differences of larger numbers overflow.
    guard value.magnitude < 1e300 || isLogarithmic && value.isFinite else { return nil }
    if isLogarithmic { return value > 0 ? Double.log10(value) : nil }
    return value
  }

  /// Returns the coordinate of a value, or `nil` if it is outside the range of the axis.
  func coordinate(_ value: Double, in axis: Axis) -> Double? {
    guard let coordinate = coordinate(value) else { return nil }
    let slack = 1e-9 * (axis.values.upperBound - axis.values.lowerBound)
    return coordinate >= axis.values.lowerBound - slack
      && coordinate <= axis.values.upperBound + slack ? coordinate : nil
  }

  /// Returns an axis from `start` to `end` in the drawing, with the given range or the range of the
  /// values.
  func axis(over values: [Double], start: Double, end: Double) -> Axis {
    if let range, let low = coordinate(range.lowerBound), let high = coordinate(range.upperBound),
      low < high
    {
      return Axis(values: low...high, start: start, end: end)
    }
    let coordinates = values.compactMap { coordinate($0) }
    guard let low = coordinates.min(), let high = coordinates.max() else {
      return Axis(values: 0...1, start: start, end: end)
    }
    // Rounding errors are not magnified: ticks have three digits.
    let magnitude = Double.maximum(abs(low), abs(high))
    let rounding = isLogarithmic || hasExponents ? 0.02 : 1e-9 * magnitude
    let room = high - low > rounding ? 0.04 * (high - low) : 0.5 * Double.maximum(1, magnitude)
    return Axis(values: low - room...high + room, start: start, end: end)
  }

  /// Returns the ticks of an axis with their labels.
  func ticks(of axis: Axis) -> [(value: Double, label: String)] {
    guard isLogarithmic || hasExponents else {
      return axis.ticks(about: 6).filter { !isWhole || abs($0 - $0.rounded()) < 1e-9 }
        .map { ($0, isWhole ? whole($0) : short($0)) }
    }
    // Numbers beyond 10³⁰⁰ are not formed.
    let isInRange = axis.values.lowerBound > -300 && axis.values.upperBound < 300
    if isInRange, axis.values.upperBound - axis.values.lowerBound < 3 {
      return axis.logarithmicTicks
    }
    let powers = axis.ticks(about: 7).filter { $0 == $0.rounded() }
    return powers.map { ($0, powerOfTen(Int($0))) }
  }
}

/// Returns a label such as 10⁻⁵; 1 and 10 are written as numbers.
func powerOfTen(_ exponent: Int) -> String {
  if exponent == 0 { return "1" }
  if exponent == 1 { return "10" }
  let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
  let power = String(abs(exponent)).compactMap { $0.wholeNumberValue }.map { digits[$0] }
  return "10" + (exponent < 0 ? "⁻" : "") + String(power)
}
