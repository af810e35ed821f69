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

  /// The figure as an SVG document.
  public var svg: String {
    let columns = ChartFigure.columns(of: panels.count)
    let rows = (max(1, panels.count) + columns - 1) / columns
    let plot = ChartFigure.plotSize(ofOneOf: panels.count)
    let gap = 85.0
    let header = 46 + 18 * Double(notes.count)
    let legend = 16 * Double(panels.map { $0.legend.count }.max() ?? 0)
    let rowHeight = 38 + legend + plot.height + 58
    let title = 9.8 * Double(self.title.count) + 40
    var svg = SVG(
      width: max(title, Double(columns) * (plot.width + gap) + 30),
      height: header + Double(rows) * rowHeight)
    svg.text(25, 32, self.title, size: 17, bold: true)
    for (row, note) in notes.enumerated() { svg.text(25, 54 + 18 * Double(row), note, size: 12.5) }
    for (index, panel) in panels.enumerated() {
      let left = gap + Double(index % columns) * (plot.width + gap)
      let top = header + Double(index / columns) * rowHeight
      panel.drawLegend(in: &svg, left: left, top: top + 22)
      panel.draw(
        in: &svg, left: left, top: top + 38 + legend, width: plot.width, height: plot.height)
    }
    return svg.document
  }

  private static func columns(of count: Int) -> Int { count == 4 ? 2 : min(3, max(1, count)) }

  /// The size of the plot of each of `count` panels.
  static func plotSize(ofOneOf count: Int) -> (width: Double, height: Double) {
    (columns(of: count) > 2 ? 270 : 400, 290)
  }
}
