import Backflow
import Testing

@Suite struct `A figure of line charts` {
  private func svg(
    _ series: [LineChart.Series], _ vertical: LineChart.Scale = .linear("loss, nats"),
    marks: [LineChart.Mark] = []
  ) -> String {
    ChartFigure(
      "a < b", notes: ["a note"],
      panels: [
        LineChart(
          "panel", horizontal: .linear("step"), vertical: vertical, series: series, marks: marks)
      ]
    ).svg
  }

  /// The points of the polylines, each a list of x,y in the drawing.
  private func polylines(_ svg: String) -> [[(x: Double, y: Double)]] {
    svg.matches(of: /<polyline points="([^"]*)"/).map { match in
      match.1.split(separator: " ").map { point in
        let numbers = point.split(separator: ",").compactMap { Double($0) }
        return (numbers[0], numbers[1])
      }
    }
  }

  @Test func `has a curve, a band and a legend for each series, and a line for each mark`() throws {
    let picture = svg(
      [
        .init("one", [1, 2, 3], band: [0...2, 1...3, 2...4], hue: .alarm),
        .init("two", [3, 2, 1], hue: .calm, hasDots: true),
        .init("", [2, 2, 2], hue: .neutral, isDashed: true),
      ], marks: [.init(at: 2.5, "a limit"), .init(at: 1, "here", isVertical: true)])
    let names = try elements(picture)
    #expect(names.count { $0 == "polyline" } == 3)
    #expect(names.count { $0 == "polygon" } == 1)
    // Three points, and one in the legend.
    #expect(names.count { $0 == "circle" } == 4)
    for text in ["a &lt; b", "a note", "panel", "step", "loss, nats", "one", "two", "a limit"] {
      #expect(picture.contains(">\(text)</text>"), "\(text)")
    }
  }

  @Test func `puts equal ratios at equal distances on a logarithmic axis`() throws {
    let curve = try #require(
      polylines(svg([.init("", [1, 10, 100], hue: .calm)], .logarithmic("norm"))).first)
    #expect(abs((curve[0].y - curve[1].y) - (curve[1].y - curve[2].y)) < 0.02)
    #expect(curve[0].y > curve[2].y)
    let linear = try #require(polylines(svg([.init("", [1, 10, 19], hue: .calm)])).first)
    #expect(abs((linear[0].y - linear[1].y) - (linear[1].y - linear[2].y)) < 0.02)
  }

  @Test func `interrupts a curve at a value that cannot be shown`() throws {
    let values = [1, 2, .nan, 3, 4, -1, 5, .infinity, 6, 7]
    let logarithmic = svg([.init("", values, hue: .calm)], .logarithmic("norm"))
    #expect(polylines(logarithmic).map(\.count) == [2, 2, 2])
    #expect(polylines(svg([.init("", values, hue: .calm)])).map(\.count) == [2, 4, 2])
    for picture in [logarithmic, svg([.init("", values, hue: .calm)])] {
      _ = try elements(picture)
      #expect(!picture.contains("nan") && !picture.contains("inf"))
    }
  }

  @Test func `omits values outside a given range`() throws {
    let picture = svg([.init("", [1, 5, 50, 7, 8], hue: .calm)], .linear("share", 0...10))
    #expect(polylines(picture).map(\.count) == [2, 2])
  }

  @Test(arguments: [[], [3.0], [0, 0, 0], [1e-300, 1e300], [.nan]])
  func `is well-formed for any values`(values: [Double]) throws {
    for scale in [LineChart.Scale.linear("y"), .logarithmic("y")] {
      let picture = svg([.init("a", values, hue: .accent, hasDots: true)], scale)
      _ = try elements(picture)
      #expect(!picture.contains("nan") && !picture.contains("inf"))
    }
  }

  @Test func `labels the axes with powers of ten`() {
    let picture = svg([.init("", [1e-6, 1e6], hue: .calm)], .logarithmic("norm"))
    for label in ["10⁻⁶", "10⁻⁴", "1", "10⁶"] { #expect(picture.contains(">\(label)</text>")) }
  }

  @Test func `has panels side by side without overlap`() throws {
    let panel = LineChart(
      "p", horizontal: .linear("x"), vertical: .linear("y"),
      series: [.init("", [0, 1], hue: .calm)])
    let curves = polylines(ChartFigure("", panels: [panel, panel, panel]).svg)
    #expect(curves.count == 3)
    for (one, next) in zip(curves, curves.dropFirst()) {
      #expect(try #require(one.last).x + 60 < (try #require(next.first).x))
    }
  }
}
