/// A heat map with its color bar, from top to bottom: title, color bar, cells, marks of values that
/// have no color.
struct HeatMapDrawing {
  private let map: HeatMap
  private let cells: (values: [[Double?]], columns: [Range<Int>], rows: [Range<Int>])
  private let width = 400.0
  private let left: Double
  private let right = 380.0
  private let title: [String]
  private let colors: Axis
  private let edges: [Double]

  init(_ map: HeatMap) {
    self.map = map
    cells = map.cells
    switch map.rows {
    case .named(let names):
      left = min(170, max(62, 12 + (names.map { textWidth($0, size: 11) }.max() ?? 0)))
    case .numbered: left = 62
    }
    title = lines(of: map.title, size: 13, within: right - 10, bold: true)
    let finite = map.values.joined().compactMap(\.self)
    colors = map.color.axis(over: finite, start: left, end: right)
    edges = HeatMapDrawing.edges(of: map.columns)
  }

  /// The borders of the columns, halfway between them.
  private static func edges(of columns: [Double]) -> [Double] {
    guard let first = columns.first, let last = columns.last else { return [0, 1] }
    guard columns.count > 1 else { return [first - 0.5, first + 0.5] }
    let inner = zip(columns, columns.dropFirst()).map { ($0 + $1) / 2 }
    let (before, after) = (columns[1] - first, last - columns[columns.count - 2])
    return [first - before / 2] + inner + [last + after / 2]
  }

  var document: String {
    let barTop = 17 * Double(title.count) + 24
    let top = barTop + 44
    let marks = Mark.allCases.filter { mark in
      cells.values.joined().contains { value in value.flatMap { self.mark(of: $0) } == mark }
    }
    var svg = SVG(
      width: width, height: top + height + 50 + (marks.isEmpty ? 0 : 20), title: map.title,
      description: description)
    for (index, line) in title.enumerated() {
      svg.text(10, 17 * Double(index + 1), line, size: 13, bold: true)
    }
    drawColorBar(in: &svg, top: barTop)
    let x = Axis(
      values: (edges.first ?? 0)...(edges.last ?? 1), start: left, end: right)
    drawCells(in: &svg, x, top: top)
    drawColumnTicks(in: &svg, x, y: top + height)
    drawRowTicks(in: &svg, top: top)
    drawLegend(of: marks, in: &svg, y: top + height + 56)
    return svg.document
  }

  /// The map in a sentence, for those who do not see it.
  private var description: String {
    let values = map.values.joined().compactMap { $0.flatMap { mark(of: $0) == nil ? $0 : nil } }
    guard let low = values.min(), let high = values.max(), let first = map.columns.first,
      let last = map.columns.last
    else { return "" }
    return "\(map.color.label) from \(short(low)) to \(short(high)),"
      + " \(map.label) \(whole(first)) to \(whole(last))"
  }

  /// The height of all rows. Those with names have the height of a line of text, those with
  /// numbers share a given height.
  private var height: Double {
    if case .named = map.rows { return 18 * Double(max(1, map.values.count)) }
    return 216
  }

  /// The borders of a row of cells, below the top of the first.
  private func extent(ofRow index: Int) -> (start: Double, height: Double) {
    let (rows, one) = (cells.rows[index], height / Double(map.values.count))
    let size = one * Double(rows.count)
    if case .named = map.rows { return (one * Double(rows.lowerBound), size) }
    return (height - one * Double(rows.upperBound), size)
  }

  // MARK: - Cells

  private func drawCells(in svg: inout SVG, _ x: Axis, top: Double) {
    for (index, row) in cells.values.enumerated() {
      let (y, height) = extent(ofRow: index)
      for (value, columns) in zip(row, cells.columns) {
        guard let value else { continue }
        let start = x.position(edges[columns.lowerBound])
        let end = x.position(edges[columns.upperBound])
        let title =
          "\(name(ofRow: index)), \(map.label) \(name(ofColumns: columns)): \(short(value))"
        if let mark = mark(of: value) {
          svg.draw(mark, start, top + y, end - start, height, title: title)
        } else {
          // The overlap with the next cell leaves no gap by rounding.
          svg.rectangle(
            start, top + y, min(end + 0.4, right) - start, height + 0.4, color: color(of: value),
            title: title, isCrisp: true)
        }
      }
    }
    let bottom = top + height
    svg.polyline(
      [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)],
      .init(color: Palette.faint))
  }

  private func name(ofRow index: Int) -> String {
    let rows = cells.rows[index]
    switch map.rows {
    case .named(let names): return names[rows.lowerBound]
    case .numbered(let label):
      return rows.count == 1
        ? "\(label) \(rows.lowerBound + 1)"
        : "\(label) \(rows.lowerBound + 1) to \(rows.upperBound)"
    }
  }

  private func name(ofColumns columns: Range<Int>) -> String {
    let (first, last) = (map.columns[columns.lowerBound], map.columns[columns.upperBound - 1])
    return columns.count == 1 ? whole(first) : "\(whole(first)) to \(whole(last))"
  }

  private func color(of value: Double) -> String {
    let coordinate = map.color.coordinate(value) ?? colors.values.lowerBound
    let share =
      (coordinate - colors.values.lowerBound)
      / (colors.values.upperBound - colors.values.lowerBound)
    return ColorRamp.color(min(max(share, 0), 1))
  }

  /// The mark of a value without a color.
  private func mark(of value: Double) -> Mark? {
    if map.color.coordinate(value) != nil { return nil }
    if value.isNaN { return .notANumber }
    return value.isFinite && value <= 0 ? .zero : .infinite
  }

  /// A value without a color.
  enum Mark: String, CaseIterable {
    case zero = "0"
    case infinite = "infinite"
    case notANumber = "not a number (NaN)"
  }

  // MARK: - Axes and legends

  private func drawColorBar(in svg: inout SVG, top: Double) {
    svg.text(left, top - 4, map.color.label, size: 11)
    let count = 64
    let part = (right - left) / Double(count)
    for index in 0..<count {
      svg.rectangle(
        left + part * Double(index), top, part, 10,
        color: ColorRamp.color((Double(index) + 0.5) / Double(count)), title: map.color.label,
        isCrisp: true)
    }
    // Labels that would touch the one before are omitted.
    var free = -Double.infinity
    for tick in map.color.ticks(of: colors) {
      let x = colors.position(tick.value)
      svg.line(x, top + 10, x, top + 14, .init(color: Palette.ink))
      let half = textWidth(tick.label, size: 10) / 2
      guard x - half > free else { continue }
      svg.text(x, top + 25, tick.label, size: 10, anchor: .middle)
      free = x + half + 4
    }
  }

  private func drawColumnTicks(in svg: inout SVG, _ x: Axis, y: Double) {
    let ticks = map.columns.count == 1 ? map.columns : x.ticks(about: 5)
    for tick in ticks {
      let position = x.position(tick)
      svg.line(position, y, position, y + 4, .init(color: Palette.ink))
      svg.text(position, y + 17, whole(tick), size: 11, anchor: .middle)
    }
    svg.text((left + right) / 2, y + 36, map.label, size: 12, anchor: .middle)
  }

  private func drawRowTicks(in svg: inout SVG, top: Double) {
    switch map.rows {
    case .named(let names):
      for (index, name) in names.enumerated() {
        let label = shortened(name, size: 11, within: left - 12)
        svg.text(left - 6, top + 18 * Double(index) + 13, label, size: 11, anchor: .end)
      }
    case .numbered(let label):
      let y = Axis(
        values: 0.5...Double(max(1, map.values.count)) + 0.5, start: top + height, end: top)
      for tick in y.ticks(about: 6) where tick == tick.rounded() && tick > 0 {
        svg.line(left - 4, y.position(tick), left, y.position(tick), .init(color: Palette.ink))
        svg.text(left - 7, y.position(tick) + 4, whole(tick), size: 11, anchor: .end)
      }
      svg.text(left - 44, top + height / 2, label, size: 12, anchor: .middle, turned: true)
    }
  }

  private func drawLegend(of marks: [Mark], in svg: inout SVG, y: Double) {
    var x = left
    for mark in marks {
      svg.draw(mark, x, y - 10, 14, 12, title: mark.rawValue)
      svg.text(x + 19, y, mark.rawValue, size: 11)
      x += 40 + textWidth(mark.rawValue, size: 11)
    }
  }
}

extension SVG {
  /// Draws a cell whose value has no color: empty with a dot for zero, and in the color of a
  /// failure for infinity, with a cross for NaN.
  fileprivate mutating func draw(
    _ mark: HeatMapDrawing.Mark, _ x: Double, _ y: Double, _ width: Double, _ height: Double,
    title: String
  ) {
    let color = mark == .zero ? Palette.grid : Palette.alarm
    rectangle(x, y, width, height, color: color, title: title, isCrisp: true)
    let cross = Stroke(color: Palette.paper, width: 1.2)
    switch mark {
    case .zero:
      dot(
        x + width / 2, y + height / 2, radius: min(width, height, 8) / 5, color: Palette.ink,
        title: title)
    case .infinite: break
    case .notANumber:
      line(x, y, x + width, y + height, cross)
      line(x, y + height, x + width, y, cross)
    }
  }
}
