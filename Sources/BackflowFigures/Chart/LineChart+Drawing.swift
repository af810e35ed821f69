internal import RealModule

extension LineChart {
  /// The entries of the legend: the named curves, then the marks.
  var legend: [(name: String, stroke: SVG.Stroke?, dots: String?)] {
    series.filter { !$0.name.isEmpty }.map {
      ($0.name, $0.hasLine ? $0.stroke : nil, $0.hasDots ? $0.hue.color : nil)
    } + marks.filter { !$0.label.isEmpty }.map { ($0.label, Mark.stroke, nil) }
  }

  /// The height of the title and the legend in a panel of a given width.
  func legendHeight(width: Double) -> Double {
    let names = legend.map { lines(of: $0.name, size: 11.5, within: width - 28).count }
    return 17 * Double(lines(of: title, size: 13, within: width, bold: true).count)
      + 16 * Double(names.reduce(0, +))
  }

  /// Draws the title and the legend below it, from `top`.
  func drawLegend(in svg: inout SVG, left: Double, top: Double, width: Double) {
    var y = top
    for line in lines(of: title, size: 13, within: width, bold: true) {
      y += 17
      svg.text(left, y, line, size: 13, bold: true)
    }
    for entry in legend {
      if let stroke = entry.stroke { svg.line(left, y + 12, left + 22, y + 12, stroke) }
      if let color = entry.dots {
        svg.dot(left + 11, y + 12, radius: 2.5, color: color, title: entry.name)
      }
      for line in lines(of: entry.name, size: 11.5, within: width - 28) {
        y += 16
        svg.text(left + 28, y, line, size: 11.5)
      }
    }
  }

  /// Draws the axes and the curves.
  func draw(in svg: inout SVG, left: Double, top: Double, width: Double, height: Double) {
    let x = horizontal.axis(over: horizontalValues, start: left, end: left + width)
    let y = vertical.axis(over: verticalValues, start: top + height, end: top)
    drawFrame(in: &svg, x, y)
    for curve in series { drawBand(of: curve, in: &svg, x, y) }
    for mark in marks { draw(mark, in: &svg, x, y) }
    for curve in series { draw(curve, in: &svg, x, y) }
    for label in labels { draw(label, in: &svg, x, y) }
  }

  private var horizontalValues: [Double] {
    series.flatMap(\.x) + marks.filter(\.isVertical).map(\.value)
  }

  private var verticalValues: [Double] {
    series.flatMap { curve in
      curve.y + (curve.band ?? []).flatMap { [$0.lowerBound, $0.upperBound] }
    } + marks.filter { !$0.isVertical }.map(\.value)
  }

  private func drawFrame(in svg: inout SVG, _ x: Axis, _ y: Axis) {
    for tick in horizontal.ticks(of: x) {
      let position = x.position(tick.value)
      svg.line(position, y.start, position, y.end, .init(color: Palette.grid))
      svg.text(position, y.start + 17, tick.label, size: 11, anchor: .middle)
    }
    for tick in vertical.ticks(of: y) {
      let position = y.position(tick.value)
      svg.line(x.start, position, x.end, position, .init(color: Palette.grid))
      svg.text(x.start - 7, position + 4, tick.label, size: 11, anchor: .end)
    }
    let border = SVG.Stroke(color: Palette.faint)
    svg.line(x.start, y.start, x.end, y.start, border)
    svg.line(x.start, y.start, x.start, y.end, border)
    svg.text((x.start + x.end) / 2, y.start + 38, horizontal.label, size: 12, anchor: .middle)
    svg.text(
      x.start - 52, (y.start + y.end) / 2, vertical.label, size: 12, anchor: .middle,
      turned: true)
  }

  private func draw(_ mark: Mark, in svg: inout SVG, _ x: Axis, _ y: Axis) {
    if mark.isVertical {
      guard let value = horizontal.coordinate(mark.value, in: x) else { return }
      svg.line(x.position(value), y.start, x.position(value), y.end, Mark.stroke)
    } else {
      guard let value = vertical.coordinate(mark.value, in: y) else { return }
      svg.line(x.start, y.position(value), x.end, y.position(value), Mark.stroke)
    }
  }

  private func drawBand(of curve: Series, in svg: inout SVG, _ x: Axis, _ y: Axis) {
    guard let band = curve.band else { return }
    var (upper, lower): ([(x: Double, y: Double)], [(x: Double, y: Double)]) = ([], [])
    for (value, range) in zip(curve.x, band) {
      guard let across = horizontal.coordinate(value),
        let low = vertical.coordinate(range.lowerBound),
        let high = vertical.coordinate(range.upperBound)
      else { continue }
      upper.append((x.position(across), y.position(high)))
      lower.append((x.position(across), y.position(low)))
    }
    if curve.hasErrorBars {
      for (high, low) in zip(upper, lower) {
        svg.errorBar(high.x, from: low.y, to: high.y, .init(color: curve.hue.color, width: 1.2))
      }
    } else if upper.count > 1 {
      svg.area(upper + lower.reversed(), color: curve.hue.color, opacity: 0.16)
    }
  }

  private func draw(_ curve: Series, in svg: inout SVG, _ x: Axis, _ y: Axis) {
    for (index, (across, up)) in zip(curve.x, curve.y).enumerated() {
      guard let u = horizontal.coordinate(across, in: x) else { continue }
      if let v = vertical.coordinate(up, in: y), curve.hasDots {
        svg.dot(
          x.position(u), y.position(v), radius: 2.8, color: curve.hue.color,
          title: curve.dotTitles?[index] ?? "\(curve.name): \(short(up)) at \(short(across))")
      } else if curve.hasArrows {
        drawArrow(of: curve, at: x.position(u), to: up, in: &svg, y)
      }
    }
    if curve.hasLine { drawLine(of: curve, in: &svg, x, y) }
  }

  private func drawArrow(
    of curve: Series, at position: Double, to value: Double, in svg: inout SVG, _ y: Axis
  ) {
    let stroke = SVG.Stroke(color: curve.hue.color, width: 1.5)
    if value == .infinity {
      svg.arrow(position, y.end + 22, position, y.end + 1, stroke)
    } else if value == -.infinity || (vertical.isLogarithmic && value == 0) {
      svg.arrow(position, y.start - 14, position, y.start - 1, stroke)
    }
  }

  private func drawLine(of curve: Series, in svg: inout SVG, _ x: Axis, _ y: Axis) {
    var run: [(x: Double, y: Double)] = []
    for (across, up) in zip(curve.x, curve.y) {
      guard let u = horizontal.coordinate(across, in: x), let v = vertical.coordinate(up, in: y)
      else {
        if run.count > 1 { svg.polyline(run, curve.stroke) }
        run = []
        continue
      }
      run.append((x.position(u), y.position(v)))
    }
    if run.count > 1 { svg.polyline(run, curve.stroke) }
  }

  private func draw(_ label: Label, in svg: inout SVG, _ x: Axis, _ y: Axis) {
    guard let u = horizontal.coordinate(label.x, in: x),
      let v = vertical.coordinate(label.y, in: y)
    else { return }
    svg.label(x.position(u), y.position(v), label.text, size: 10)
  }
}

extension LineChart.Mark {
  static var stroke: SVG.Stroke { SVG.Stroke(color: Palette.ink, width: 1.2, isDotted: true) }
}

extension LineChart.Series {
  var stroke: SVG.Stroke {
    SVG.Stroke(color: hue.color, width: isThin ? 0.9 : isDashed ? 1.4 : 1.8, isDashed: isDashed)
  }
}
