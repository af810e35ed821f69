import Backflow
import Testing

@Suite struct `A heat map` {
  private func map(
    _ values: [[Double?]], columns: [Double]? = nil, rows: HeatMap.Rows? = nil,
    color: LineChart.Scale = .logarithmic("norm")
  ) -> HeatMap {
    let count = values.first?.count ?? 0
    return HeatMap(
      "a < b", columns: columns ?? (0..<count).map { Double(10 * $0) }, label: "step",
      rows: rows ?? .named(values.indices.map { "layer \($0)" }), values: values, color: color)
  }

  /// The colors of the cells, by the start of their titles.
  private func colors(_ svg: String) -> [(color: String, title: String)] {
    svg.matches(of: /<rect [^>]*fill="([^"]*)"[^>]*><title>(layer[^<]*|time[^<]*)<\/title>/).map {
      (String($0.1), String($0.2))
    }
  }

  /// The relative luminance of a color (WCAG 2.2).
  private func luminance(_ color: String) -> Double {
    let digits = color.dropFirst()
    let bytes = stride(from: 0, to: 6, by: 2).map { start in
      Double(Int(digits.dropFirst(start).prefix(2), radix: 16) ?? -1) / 255
    }.map { $0 <= 0.04045 ? $0 / 12.92 : Double.pow(($0 + 0.055) / 1.055, 2.4) }
    return 0.2126 * bytes[0] + 0.7152 * bytes[1] + 0.0722 * bytes[2]
  }

  @Test func `has a cell for each value, lighter for larger ones`() throws {
    let values = (0..<40).map { Double.exp10(Double($0) / 4) }
    let svg = map([values.shuffledByThree]).svg
    _ = try elements(svg)
    let cells = colors(svg)
    #expect(cells.count == 40)
    let sorted = zip(values.shuffledByThree, cells).sorted { $0.0 < $1.0 }.map(\.1.color)
    let luminances = sorted.map(luminance)
    #expect(zip(luminances, luminances.dropFirst()).allSatisfy { $0 < $1 })
    #expect(cells[0].title == "layer 0, step 0: 1" && cells[1].title == "layer 0, step 10: 5.62")
  }

  @Test func `has marks for zero, infinity and NaN, and leaves missing values empty`() throws {
    let svg = map([[1, 0, .infinity, .nan, nil, 100]]).svg
    _ = try elements(svg)
    let cells = colors(svg)
    #expect(cells.count == 5)
    #expect(Set(cells.map(\.color)).count == 4)
    // Infinity and NaN have the color of a failure, and NaN a cross in addition.
    #expect(cells[2].color == cells[3].color)
    for text in ["0", "infinite", "not a number (NaN)"] {
      #expect(svg.contains(">\(text)</text>"), "\(text)")
    }
    #expect(!map([[1, 2]]).svg.contains("not a number"))
    // On a linear scale, 0 has a color.
    #expect(!map([[0, 2]], color: .linear("share")).svg.contains(">0</text></rect>"))
    #expect(colors(map([[0, 2]], color: .linear("share")).svg).map(\.color).count == 2)
  }

  @Test(arguments: [
    [], [[]], [[1.0]], [[nil]], [[.nan]], [[0, 0]], [[1e-300, 1e300]], [[-1, .infinity]],
  ])
  func `is well-formed for any values`(values: [[Double?]]) throws {
    for scale in [LineChart.Scale.linear("y"), .logarithmic("y")] {
      for rows in [nil, HeatMap.Rows.numbered("time")] {
        let svg = map(values, rows: rows, color: scale).svg
        _ = try elements(svg)
        #expect(!svg.contains("=\"nan") && !svg.contains("=\"inf"))
      }
    }
  }

  @Test func `merges neighbors if there are too many, to the largest or to NaN`() throws {
    let values = (0..<100).map { t in (0..<130).map { Double(t * 130 + $0 + 1) } }
    let cells = colors(map(values, rows: .numbered("time")).svg)
    // 100 rows in threes, 130 columns in threes.
    #expect(cells.count == 34 * 44)
    #expect(cells[0].title == "time 1 to 3, step 0 to 20: 263")
    var broken = values
    broken[1][1] = .nan
    #expect(
      colors(map(broken, rows: .numbered("time")).svg)[0].title.hasSuffix("step 0 to 20: nan"))
  }

  @Test func `has columns that reach halfway to their neighbors`() throws {
    let svg = map([[1, 2, 3]], columns: [0, 10, 40]).svg
    let widths = svg.matches(of: /width="([0-9.]*)" height="18.4"/).compactMap { Double($0.1) }
    // From −5 to 5, to 25, and to 55, with an overlap of 0.4.
    try #require(widths.count == 3)
    #expect(abs((widths[1] - 0.4) / (widths[0] - 0.4) - 2) < 0.01)
    #expect(abs(widths[2] / (widths[0] - 0.4) - 3) < 0.01)
  }

  @Test func `escapes names, and shortens long ones from the start`() throws {
    let name = "encoder.\"layers\".<3>.attention.output_projection & more"
    let svg = map([[1, 2]], rows: .named([name])).svg
    _ = try elements(svg)
    #expect(svg.contains("aria-label=\"a &lt; b\""))
    #expect(svg.contains("<desc>norm from 1 to 2, step 0 to 10</desc>"))
    #expect(svg.contains("&quot;layers&quot;.&lt;3&gt;"))
    #expect(svg.contains("projection &amp; more</text>") && svg.contains(">…"))
  }
}

extension [Double] {
  /// The numbers in another order: 0, 3, 6 …, 1, 4, 7 …, 2, 5, 8 …
  fileprivate var shuffledByThree: [Double] {
    (0..<3).flatMap { start in stride(from: start, to: count, by: 3).map { self[$0] } }
  }
}
