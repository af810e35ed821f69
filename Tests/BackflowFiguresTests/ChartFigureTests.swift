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

  @Test func `labels whole numbers with all their digits`() {
    let svg = ChartFigure(
      "title",
      panels: [
        LineChart(
          "panel", horizontal: .count("step", 1000...1020), vertical: .linear("y"),
          series: [.init("", x: [1000, 1020], [1, 2], hue: .calm)])
      ]
    ).svg
    for label in ["1000", "1005", "1010", "1015", "1020"] {
      #expect(svg.contains(">\(label)</text>"), "\(label)")
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

  @Test func `marks infinity with arrows at the edges, on request`() throws {
    let values = [1, 10, .infinity, 100, 0]
    let series = LineChart.Series("", values, hue: .alarm)
    #expect(try !elements(svg([series], .logarithmic("norm"))).contains("polygon"))
    let picture = svg([series.withArrows], .logarithmic("norm"))
    let tips = picture.matches(of: /<polygon points="[\d.]+,([\d.]+)\s/).compactMap { Double($0.1) }
    let curve = try #require(polylines(picture).first)
    #expect(tips.count == 2)
    #expect(tips[0] < curve[1].y && tips[1] > curve[0].y)
  }

  @Test func `writes real minus signs`() {
    let picture = svg([.init("", [-2, 2], hue: .calm)])
    #expect(picture.contains(">−2</text>") && !picture.contains(">-2<"))
  }

  // A wide sans-serif font has at most 0.66 em per character in bold type and 0.58 em in normal
  // type.
  @Test(arguments: 1...6)
  func `keeps titles and legends within their panels`(count: Int) throws {
    let long = "A title of a panel that is much longer than the panel is wide, 97.5 % or so"
    let panel = LineChart(
      long, horizontal: .linear("x"), vertical: .linear("y"),
      series: [.init(long, [0, 1], hue: .calm)], marks: [.init(at: 0.5, long)])
    let picture = ChartFigure(
      long + " " + long, notes: [long + " " + long + " " + long],
      panels: [LineChart](repeating: panel, count: count)
    ).svg
    let width = try #require(picture.firstMatch(of: /viewBox="0 0 (\d+)/).flatMap { Double($0.1) })
    let texts = picture.matches(
      of:
        /<text x="([\d.]+)" y="[\d.]+" font-size="([\d.]+)" [^>]*text-anchor="start"([^>]*)>([^<]*)</
    )
    #expect(texts.count > 4 * count)
    let plot = count == 3 || count > 4 ? 270.0 : 400
    for text in texts {
      let (x, size) = (try #require(Double(text.1)), try #require(Double(text.2)))
      let end = x + (text.3.contains("bold") ? 0.66 : 0.58) * size * Double(text.4.count)
      #expect(end <= width, "\(text.4)")
      if x > 25 {
        #expect(end - 85 <= plot + (plot + 85) * ((x - 85) / (plot + 85)).rounded(.down))
      }
      #expect(!text.4.hasPrefix("%"))
    }
  }

  @Test func `has a histogram whose bars are shares of all values`() throws {
    let values = [0, 0.1, 0.25, 0.5, 0.9, 1, 2, .nan]
    let series = LineChart.Series.histogram("", of: values, in: 0...1, bars: 4, hue: .calm)
    // 0 and 0.1; 0.25; 0.5; 0.9 and 1; of eight values.
    #expect(series.x == [0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 1])
    #expect(series.y == [0, 25, 25, 12.5, 12.5, 12.5, 12.5, 25, 25, 0])
    #expect(try elements(svg([series])).count { $0 == "polygon" } == 1)
    #expect(
      LineChart.Series.histogram("", of: [], in: 0...1, bars: 2, hue: .calm).y.allSatisfy {
        $0 == 0
      })
  }
}
