extension ChartFigure {
  /// Each panel as an SVG document by itself, without the title and the notes of the figure.
  ///
  /// They are so narrow that their text is still legible on a phone. The plots keep their
  /// proportions, so that circles remain circles.
  var panelDrawings: [String] {
    let full = ChartFigure.plotSize(ofOneOf: panels.count)
    let (left, right) = (70.0, 20.0)
    let width = ChartFigure.panelWidth - left - right
    let height = width * full.height / full.width
    return panels.map { panel in
      let legend = panel.legendHeight(width: width)
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
