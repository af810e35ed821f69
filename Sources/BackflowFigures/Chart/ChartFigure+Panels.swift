extension ChartFigure {
  /// Each panel as an SVG document by itself, without the title and the notes of the figure.
  ///
  /// They are so narrow that their text is still legible on a phone.
  ///
  /// - Parameter plot: The proportions of the plots: those for which the panels were made, where
  ///   circles are to be circles.
  func panelDrawings(plot: (width: Double, height: Double) = (400, 290)) -> [String] {
    let (left, right) = (70.0, 20.0)
    let width = ChartFigure.panelWidth - left - right
    let height = width * plot.height / plot.width
    let legend = panels.map { $0.legendHeight(width: width) }.max() ?? 0
    return panels.map { panel in
      var svg = SVG(
        width: ChartFigure.panelWidth, height: legend + 20 + height + 48, title: panel.title)
      panel.drawLegend(in: &svg, left: left, top: 0, width: width)
      panel.draw(in: &svg, left: left, top: legend + 20, width: width, height: height)
      return svg.document
    }
  }

  /// The width of a panel by itself.
  static let panelWidth = 400.0
}
