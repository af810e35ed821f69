public import BackflowHealth

/// The time line of a training: a row for each kind of finding and layer, with a bar over the steps
/// at which it was present, and the loss above them.
///
///     try TimelineFigure(health.history, losses: health.losses).svg.write(to: …)
///
/// The color of a bar is its severity. Hover over it for the worst measurement.
public struct TimelineFigure: Sendable, Equatable {
  /// The rows.
  public let history: HealthHistory
  /// The loss, drawn above the rows, or `nil`.
  public let losses: LossHistory?

  /// Creates a figure from a history and, optionally, the losses of the same training.
  public init(_ history: HealthHistory, losses: LossHistory? = nil) {
    (self.history, self.losses) = (history, losses)
  }

  /// The figure as an SVG document.
  public var svg: String {
    let longest = history.rows.map(\.label.count).max() ?? 10
    return drawing(left: 40 + 6.6 * Double(longest), width: 620, rowHeight: 20)
  }

  /// The figure for a phone, with the name of a row above its bars.
  var narrowDrawing: String { drawing(left: 66, width: 294, rowHeight: 36) }

  private func drawing(left: Double, width: Double, rowHeight: Double) -> String {
    let title = "Findings over the steps of a training"
    let size = width < 400 ? 14.0 : 17
    let top = losses == nil ? 70.0 : 250
    let height = top + rowHeight * Double(max(1, history.rows.count)) + 50
    var svg = SVG(width: left + width + 40, height: height, title: title)
    svg.text(25, 32, title, size: size, bold: true)
    drawLegend(in: &svg)
    let steps = Axis(values: values, start: left, end: left + width)
    if let losses { draw(losses, in: &svg, steps, top: 70, height: 150) }
    drawSteps(in: &svg, steps, from: top, to: height - 45)
    for (index, row) in history.rows.enumerated() {
      draw(row, in: &svg, steps, bottom: top + rowHeight * Double(index + 1), rowHeight)
    }
    if history.rows.isEmpty { svg.text(left, top + 14, "no findings", size: 12) }
    return svg.document
  }

  /// The first and the last step, at least one apart.
  private var values: ClosedRange<Double> {
    let steps = history.steps ?? 0...1
    return Double(steps.lowerBound)...Double(max(steps.upperBound, steps.lowerBound + 1))
  }

  private func drawLegend(in svg: inout SVG) {
    for (index, severity) in Finding.Severity.allCases.enumerated() {
      let x = 25 + 90 * Double(index)
      svg.bar(x, 51, x + 22, severity: severity, title: severity.rawValue)
      svg.text(x + 28, 55, severity.rawValue, size: 11.5)
    }
  }

  private func drawSteps(in svg: inout SVG, _ steps: Axis, from top: Double, to bottom: Double) {
    for tick in steps.ticks(about: 6) {
      let x = steps.position(tick)
      svg.line(x, top, x, bottom, .init(color: Palette.grid))
      svg.text(x, bottom + 17, whole(tick), size: 11, anchor: .middle)
    }
    svg.line(steps.start, bottom, steps.end, bottom, .init(color: Palette.faint))
    svg.text((steps.start + steps.end) / 2, bottom + 36, "training step", size: 12, anchor: .middle)
  }

  private func draw(
    _ row: HealthHistory.Row, in svg: inout SVG, _ steps: Axis, bottom: Double, _ height: Double
  ) {
    let middle = bottom - 10
    if height > 20 {
      let label = shortened(row.label, size: 11.5, within: steps.end - 25)
      svg.text(25, middle - 9, label, size: 11.5)
    } else {
      svg.text(steps.start - 10, middle + 4, row.label, size: 11.5, anchor: .end)
    }
    svg.line(steps.start, middle, steps.end, middle, .init(color: Palette.grid))
    for span in row.spans {
      let start = steps.position(Double(span.firstStep))
      // A single step is still to be seen.
      let end = max(steps.position(Double(span.lastStep)), start + 4)
      svg.bar(
        start, middle, end, severity: span.severity,
        title: "\(row.label), \(span.severity.rawValue): steps \(span.firstStep) to"
          + " \(span.lastStep), worst \(short(span.worst))")
    }
  }

  /// The means of blocks of steps, each at the middle of its block.
  private func draw(
    _ losses: LossHistory, in svg: inout SVG, _ steps: Axis, top: Double, height: Double
  ) {
    let counts = losses.blocks.map { Double($0.count) }
    let perStep =
      Double(losses.lastStep - losses.firstStep) / max(1, Double(losses.count - 1))
    var (before, x): (Double, [Double]) = (0, [])
    for count in counts {
      x.append(Double(losses.firstStep) + perStep * (before + (count - 1) / 2))
      before += count
    }
    let values = losses.blocks.map(\.mean)
    let isLogarithmic = (values.min() ?? 0) > 0
    let chart = LineChart(
      "", horizontal: .count("", self.values),
      vertical: isLogarithmic ? .logarithmic("loss") : .linear("loss"),
      series: [.init("", x: x, values, hue: .calm)])
    chart.draw(
      in: &svg, left: steps.start, top: top, width: steps.end - steps.start, height: height)
  }
}

extension HealthHistory.Row {
  /// "saturation, 0.l0 forget".
  fileprivate var label: String {
    "\(kind.rawValue.replacing("_", with: " ")), \(layer)" + (gate.map { " \($0)" } ?? "")
  }
}

extension SVG {
  /// Draws a horizontal bar in the color of a severity, with a tooltip.
  fileprivate mutating func bar(
    _ start: Double, _ middle: Double, _ end: Double, severity: Finding.Severity, title: String
  ) {
    rectangle(
      start, middle - 5, end - start, 10, color: severity.color, title: title)
  }
}

extension Finding.Severity {
  fileprivate var color: String {
    switch self {
    case .note: Palette.calm
    case .warning: Palette.accent
    case .failure: Palette.alarm
    }
  }
}
