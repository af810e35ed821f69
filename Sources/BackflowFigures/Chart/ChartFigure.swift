/// One or more line charts side by side, with a title. Four panels or more are in several rows.
public struct ChartFigure: Sendable, Equatable {
  /// The title, in one line.
  public let title: String
  /// Additional lines in smaller type below the title.
  public let notes: [String]
  /// The panels, from left to right and from top to bottom.
  public let panels: [LineChart]

  /// Creates a figure from its panels.
  public init(_ title: String, notes: [String] = [], panels: [LineChart]) {
    self.title = title
    self.notes = notes
    self.panels = panels
  }

  /// The figure as an SVG document. Titles and legends are as wide as their panels at most.
  public var svg: String {
    let columns = ChartFigure.columns(of: panels.count)
    let rows = (max(1, panels.count) + columns - 1) / columns
    let plot = ChartFigure.plotSize(ofOneOf: panels.count)
    let gap = 85.0
    let width = Double(columns) * (plot.width + gap) + 30
    let title = lines(of: self.title, size: 17, within: width - 40, bold: true)
    let notes = self.notes.flatMap { lines(of: $0, size: 12.5, within: width - 40) }
    let header = 24 + 22 * Double(title.count) + 18 * Double(notes.count)
    let legend = panels.map { $0.legendHeight(width: plot.width) }.max() ?? 0
    let rowHeight = 20 + legend + plot.height + 58
    var svg = SVG(width: width, height: header + Double(rows) * rowHeight, title: self.title)
    var y = 10.0
    for line in title {
      y += 22
      svg.text(25, y, line, size: 17, bold: true)
    }
    y += 4
    for line in notes {
      y += 18
      svg.text(25, y, line, size: 12.5)
    }
    for (index, panel) in panels.enumerated() {
      let left = gap + Double(index % columns) * (plot.width + gap)
      let top = header + Double(index / columns) * rowHeight
      panel.drawLegend(in: &svg, left: left, top: top, width: plot.width)
      panel.draw(
        in: &svg, left: left, top: top + 20 + legend, width: plot.width, height: plot.height)
    }
    return svg.document
  }

  private static func columns(of count: Int) -> Int { count == 4 ? 2 : min(3, max(1, count)) }

  /// The size of the plot of each of `count` panels.
  static func plotSize(ofOneOf count: Int) -> (width: Double, height: Double) {
    (columns(of: count) > 2 ? 270 : 400, 290)
  }
}
