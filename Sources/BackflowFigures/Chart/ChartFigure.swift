/// One or more line charts side by side, with a title.
public struct ChartFigure: Sendable, Equatable {
  /// The title, in one line.
  public let title: String
  /// Additional lines in smaller type below the title.
  public let notes: [String]
  /// The panels, from left to right.
  public let panels: [LineChart]

  /// Creates a figure from its panels.
  public init(_ title: String, notes: [String] = [], panels: [LineChart]) {
    self.title = title
    self.notes = notes
    self.panels = panels
  }

  /// The figure as an SVG document.
  public var svg: String {
    let plot = (width: panels.count > 2 ? 270.0 : 400.0, height: 290.0)
    let gap = 85.0
    let header = 46 + 18 * Double(notes.count)
    let legend = 16 * Double(panels.map { $0.legend.count }.max() ?? 0)
    let top = header + 26 + legend + 12
    var svg = SVG(
      width: gap + Double(panels.count) * (plot.width + gap) - gap + 30,
      height: top + plot.height + 58)
    svg.text(25, 32, title, size: 17, bold: true)
    for (row, note) in notes.enumerated() { svg.text(25, 54 + 18 * Double(row), note, size: 12.5) }
    for (column, panel) in panels.enumerated() {
      let left = gap + Double(column) * (plot.width + gap)
      panel.drawLegend(in: &svg, left: left, top: header + 22)
      panel.draw(in: &svg, left: left, top: top, width: plot.width, height: plot.height)
    }
    return svg.document
  }
}
