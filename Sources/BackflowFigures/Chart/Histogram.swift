extension LineChart.Series {
  /// A histogram: the share of the values in each of `count` intervals of equal width, in percent,
  /// as a filled outline.
  ///
  /// A value at the border of two intervals counts in the upper one, and the upper bound of `range`
  /// in the last. Values outside the range, and NaN, count in the total only.
  public static func histogram(
    _ name: String, of values: [Double], in range: ClosedRange<Double>, bars count: Int = 40,
    hue: LineChart.Hue, isDashed: Bool = false
  ) -> LineChart.Series {
    let width = (range.upperBound - range.lowerBound) / Double(count)
    var counts = [Int](repeating: 0, count: count)
    for value in values where range.contains(value) {
      counts[min(count - 1, Int((value - range.lowerBound) / width))] += 1
    }
    let shares = counts.map { 100 * Double($0) / Double(max(1, values.count)) }
    let borders = (0...count).map { range.lowerBound + Double($0) * width }
    // The outline has two corners at each border.
    let x = borders.flatMap { border in [border, border] }
    let y: [Double] = [0] + shares.flatMap { share in [share, share] } + [0]
    return LineChart.Series(
      name, x: x, y, band: y.map { 0...$0 }, hue: hue, isDashed: isDashed)
  }
}
