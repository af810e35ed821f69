public import BackflowLayers

/// A drawing of a computational graph: an operation in each circle, and on each edge the norm of
/// the value that flows forward, in black, and of the gradient that flows backward, in red.
public struct GraphFigure: Sendable {
  private let graph: ComputationalGraph
  private let title: String
  private let notes: [String]
  private let layout: GraphLayout

  private let radius = 25.0
  private let spacing = (column: 108.0, row: 118.0)

  /// Creates a figure of `graph` with a title and notes in smaller type.
  public init(_ graph: ComputationalGraph, title: String, notes: [String] = []) {
    self.graph = graph
    self.title = title
    self.notes = notes
    layout = GraphLayout(graph)
  }

  /// The figure as an SVG document.
  public var svg: String {
    let (highest, lowest) = (layout.rows.min() ?? 0, layout.rows.max() ?? 0)
    let columnCount = Double((layout.columns.max() ?? 0) + 1)
    let header = 54 + 18 * Double(notes.count)
    var svg = SVG(
      width: max(620, columnCount * spacing.column + 85),
      height: header + 60 + Double(lowest - highest) * spacing.row + 80, title: title)
    svg.text(25, 32, title, size: 17, bold: true)
    for (row, note) in notes.enumerated() { svg.text(25, 54 + 18 * Double(row), note, size: 12.5) }
    drawKey(in: &svg, y: header)
    let top = header + 62 - Double(highest) * spacing.row
    for place in graph.nodes.indices { drawArrows(into: place, in: &svg, top: top) }
    for place in graph.nodes.indices { drawNode(place, in: &svg, top: top) }
    drawEnds(in: &svg, top: top)
    return svg.document
  }

  private func drawKey(in svg: inout SVG, y: Double) {
    svg.arrow(25, y, 55, y, .init(color: Palette.ink, width: 1.4))
    svg.text(61, y + 4, "forward: ‖value‖", size: 11.5)
    svg.arrow(195, y, 165, y, .init(color: Palette.alarm, width: 1.4))
    svg.text(
      201, y + 4,
      "backward: ‖contribution along this edge to the gradient of the loss with respect to the value‖",
      size: 11.5, color: Palette.alarm)
  }

  private func position(_ place: Int, top: Double) -> (x: Double, y: Double) {
    (
      70 + Double(layout.columns[place]) * spacing.column,
      top + Double(layout.rows[place]) * spacing.row
    )
  }

  // MARK: - Nodes

  private func drawNode(_ place: Int, in svg: inout SVG, top: Double) {
    let node = graph.nodes[place]
    let (x, y) = position(place, top: top)
    let isGiven = node.operation.isEmpty
    svg.disk(
      x, y, radius: radius, .init(color: isGiven ? Palette.faint : Palette.ink, width: 1.4))
    if isGiven {
      svg.text(x, y + 6, node.name, size: 17, anchor: .middle, bold: true)
    } else {
      svg.text(x, y + 4, node.operation, size: 11, anchor: .middle)
      svg.text(x, y + radius + 16, node.name, size: 14, anchor: .middle, bold: true)
    }
  }

  // MARK: - Arrows

  private func drawArrows(into place: Int, in svg: inout SVG, top: Double) {
    let node = graph.nodes[place]
    let to = position(place, top: top)
    for (input, gradient) in zip(node.inputs, node.inputGradientNorms) {
      drawPair(
        from: position(input, top: top), to: to, value: graph.nodes[input].forwardNorm,
        gradient: gradient, gap: radius, in: &svg)
    }
  }

  /// Draws the value, which leaves the last node to the right, and the gradient, which enters
  /// there.
  private func drawEnds(in svg: inout SVG, top: Double) {
    guard let last = graph.nodes.last else { return }
    let from = position(graph.nodes.count - 1, top: top)
    drawPair(
      from: from, to: (from.x + spacing.column - 8, from.y), value: last.forwardNorm,
      gradient: last.backwardNorm, gap: radius, in: &svg)
  }

  /// Draws two parallel arrows between two circles of radius `gap`, each with its number next to
  /// it.
  private func drawPair(
    from: (x: Double, y: Double), to: (x: Double, y: Double), value: Double, gradient: Double,
    gap: Double, in svg: inout SVG
  ) {
    let length = ((to.x - from.x) * (to.x - from.x) + (to.y - from.y) * (to.y - from.y))
      .squareRoot()
    let (dx, dy) = ((to.x - from.x) / length, (to.y - from.y) / length)
    // The side to the left of the direction, which is above an arrow that points to the right.
    let (nx, ny) = (dy * 3, -dx * 3)
    let (start, end) = (gap + 3, length - gap - 3)
    let (ax, ay, bx, by) = (
      from.x + start * dx, from.y + start * dy, from.x + end * dx, from.y + end * dy
    )
    svg.arrow(ax + nx, ay + ny, bx + nx, by + ny, .init(color: Palette.ink, width: 1.4))
    svg.arrow(bx - nx, by - ny, ax - nx, ay - ny, .init(color: Palette.alarm, width: 1.4))
    let middle = (x: (ax + bx) / 2, y: (ay + by) / 2)
    let slant = abs(dy) > 0.2
    // A slanted arrow has its numbers at its sides, a horizontal one above and below.
    let away = slant ? 3.4 : 3.0
    let anchor: SVG.Anchor = !slant ? .middle : nx > 0 ? .start : .end
    let other: SVG.Anchor = !slant ? .middle : nx > 0 ? .end : .start
    svg.text(
      middle.x + nx * away, middle.y + ny * away + (slant ? 4 : 0), short(value), size: 11,
      anchor: anchor)
    svg.text(
      middle.x - nx * away, middle.y - ny * away + (slant ? 4 : 9), short(gradient), size: 11,
      color: Palette.alarm, anchor: other)
  }
}
