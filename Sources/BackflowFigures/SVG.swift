/// A drawing in Scalable Vector Graphics, whose elements are appended from back to front.
struct SVG {
  let width: Double
  let height: Double
  /// What a screen reader says instead of the drawing.
  private let title, description: String
  private var elements: [String] = []

  init(width: Double, height: Double, title: String, description: String = "") {
    (self.width, self.height) = (width, height)
    (self.title, self.description) = (title, description)
  }

  /// The complete document.
  var document: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(width)) \(number(height))" \
    width="\(number(width))" height="\(number(height))" font-family="Helvetica, Arial, sans-serif" \
    role="img" aria-label="\(escaped(title))">\
    \(description.isEmpty ? "" : "<desc>\(escaped(description))</desc>")
    <rect width="100%" height="100%" fill="\(Palette.paper)"/>
    \(elements.joined(separator: "\n"))
    </svg>

    """
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ stroke: Stroke) {
    elements.append(
      "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\""
        + " \(stroke.attributes)/>")
  }

  mutating func polyline(_ points: [(x: Double, y: Double)], _ stroke: Stroke) {
    let list = points.map { number($0.x) + "," + number($0.y) }.joined(separator: " ")
    elements.append("<polyline points=\"\(list)\" fill=\"none\" \(stroke.attributes)/>")
  }

  mutating func circle(_ x: Double, _ y: Double, radius: Double, _ stroke: Stroke) {
    elements.append(
      "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"\(number(radius))\" fill=\"none\""
        + " \(stroke.attributes)/>")
  }

  /// Draws a filled polygon without a border.
  mutating func area(_ points: [(x: Double, y: Double)], color: String, opacity: Double) {
    let list = points.map { number($0.x) + "," + number($0.y) }.joined(separator: " ")
    elements.append(
      "<polygon points=\"\(list)\" fill=\"\(color)\" fill-opacity=\"\(opacity)\"/>")
  }

  /// Draws a white disk with a border.
  mutating func disk(_ x: Double, _ y: Double, radius: Double, _ stroke: Stroke) {
    elements.append(
      "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"\(number(radius))\" fill=\"\(Palette.paper)\""
        + " \(stroke.attributes)/>")
  }

  /// Draws a line with an arrowhead at its second end.
  mutating func arrow(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ stroke: Stroke) {
    let length = ((x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1)).squareRoot()
    guard length > 0 else { return }
    let (dx, dy) = ((x2 - x1) / length, (y2 - y1) / length)
    line(x1, y1, x2 - 5 * dx, y2 - 5 * dy, stroke)
    area(
      [
        (x2, y2), (x2 - 7 * dx - 3 * dy, y2 - 7 * dy + 3 * dx),
        (x2 - 7 * dx + 3 * dy, y2 - 7 * dy - 3 * dx),
      ], color: stroke.color, opacity: 1)
  }

  /// Draws a filled dot with a tooltip.
  mutating func dot(_ x: Double, _ y: Double, radius: Double, color: String, title: String) {
    elements.append(
      "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"\(number(radius))\" fill=\"\(color)\""
        + " fill-opacity=\"0.75\"><title>\(escaped(title))</title></circle>")
  }

  /// Draws a filled rectangle with a tooltip. Crisp ones are aligned to pixels, so that neighbors
  /// have no line between them.
  mutating func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, color: String, title: String,
    isCrisp: Bool = false
  ) {
    elements.append(
      "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\""
        + " height=\"\(number(height))\" fill=\"\(color)\""
        + (isCrisp ? " shape-rendering=\"crispEdges\"" : "")
        + "><title>\(escaped(title))</title></rect>")
  }

  /// Draws a vertical line with a short bar at each end.
  mutating func errorBar(_ x: Double, from low: Double, to high: Double, _ stroke: Stroke) {
    line(x, low, x, high, stroke)
    for end in [low, high] { line(x - 3, end, x + 3, end, stroke) }
  }

  /// Draws a text centered at a point on a white ground.
  mutating func label(_ x: Double, _ y: Double, _ text: String, size: Double) {
    let width = 0.58 * size * Double(text.count) + 2
    area(
      [-1, 1, 1, -1].enumerated().map { corner, side in
        (x + side * width / 2, y + (corner < 2 ? -0.5 : 0.5) * size)
      }, color: Palette.paper, opacity: 0.8)
    self.text(x, y + 0.35 * size, text, size: size, anchor: .middle)
  }

  mutating func text(
    _ x: Double, _ y: Double, _ text: String, size: Double = 12, color: String = Palette.ink,
    anchor: Anchor = .start, bold: Bool = false, turned: Bool = false
  ) {
    let turn = turned ? " transform=\"rotate(-90 \(number(x)) \(number(y)))\"" : ""
    let weight = bold ? " font-weight=\"bold\"" : ""
    elements.append(
      "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(number(size))\" fill=\"\(color)\""
        + " text-anchor=\"\(anchor.rawValue)\"\(weight)\(turn)>\(escaped(text))</text>")
  }

  enum Anchor: String {
    case start, middle, end
  }

  struct Stroke {
    var color: String
    var width = 1.0
    var isDashed = false
    var isDotted = false

    var attributes: String {
      let pattern = isDotted ? "1.5 3" : isDashed ? "4 3" : nil
      return "stroke=\"\(color)\" stroke-width=\"\(width)\""
        + (pattern.map { " stroke-dasharray=\"\($0)\"" } ?? "")
    }
  }
}

/// The colors of all figures: legible on white, and distinct for color-blind readers.
enum Palette {
  static let paper = "white"
  static let ink = "#222222"
  static let faint = "#bbbbbb"
  static let grid = "#e8e8e8"
  /// The color of decay and stability.
  static let calm = "#1f77b4"
  /// The color of growth, and of eigenvalues outside the circle.
  static let alarm = "#d1495b"
  /// A third color, lighter than both.
  static let accent = "#e0a100"

  /// The colors with the ones in their place on a dark ground.
  static let all: [(name: String, light: String, dark: String)] = [
    ("paper", paper, "#1b1c1e"), ("ink", ink, "#e6e6e6"), ("faint", faint, "#63666b"),
    ("grid", grid, "#34363a"), ("calm", calm, "#62b0e8"), ("alarm", alarm, "#ff7d8c"),
    ("accent", accent, "#f0b429"),
  ]
}
