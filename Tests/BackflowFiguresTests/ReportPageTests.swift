import Backflow
import Testing

@Suite struct `A report page` {
  private let hostile = "</h1><script>alert('\"&')</script>\u{0}\u{1B}"

  private func finding(_ text: String, symptom: Bool = false) -> Finding {
    Finding(
      symptom ? .vanishingGradient : .saturation, .warning, layer: text, gate: text, step: 3,
      measured: 0.93, threshold: 0.5, source: text, statement: text, reason: text, cure: text)
  }

  private func page() -> ReportPage {
    var page = ReportPage(hostile)
    page.facts = [(hostile, hostile)]
    let figure = ChartFigure(
      hostile,
      panels: [
        LineChart(
          hostile, horizontal: .linear(hostile), vertical: .linear(hostile),
          series: [.init(hostile, [1, 2], hue: .calm, hasDots: true)])
      ])
    var health = HealthMonitor<Double>()
    health.add([finding(hostile), finding(hostile, symptom: true)])
    page.sections = [
      .init(
        hostile, text: hostile, diagnoses: health.diagnoses,
        figures: [
          .init([figure.svg, figure.svg], title: hostile, narrow: figure.svg, caption: hostile)
        ],
        plainTexts: [hostile]),
      .init("second"),
    ]
    return page
  }

  @Test func `is well-formed, with everything escaped`() throws {
    let html = page().html
    let names = try elements(html)
    #expect(names.first == "html" && !names.contains("script"))
    #expect(names.count { $0 == "svg" } == 3)
    #expect(html.contains("&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;\u{FFFD}"))
    #expect(!html.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
  }

  @Test func `needs nothing from anywhere else`() {
    var html = page().html
    html.replace("http://www.w3.org/2000/svg", with: "")
    for part in ["http", "url(", "@import", " src=", "<link"] {
      #expect(!html.contains(part), "\(part)")
    }
    #expect(html.matches(of: /href="([^"]*)"/).allSatisfy { $0.1.hasPrefix("#section-") })
  }

  @Test func `has ids that are unique, and a target for each link`() {
    let html = page().html
    let ids = html.matches(of: /\sid="([^"]*)"/).map { $0.1 }
    #expect(ids.count == 2 && Set(ids).count == 2)
    let links = html.matches(of: /href="#([^"]*)"/).map { $0.1 }
    #expect(links == ids)
  }

  @Test func `has a language, a view port, headings in order and both appearances`() throws {
    let html = page().html
    #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
    #expect(html.contains("<meta name=\"viewport\" content=\"width=device-width"))
    #expect(html.contains("prefers-color-scheme: dark"))
    #expect(
      try elements(html).filter { ["h1", "h2", "h3"].contains($0) } == ["h1", "h2", "h3", "h2"])
    // Each color of a drawing has another one on a dark ground.
    let style = try #require(html.firstMatch(of: /<style>([^§]*)<\/style>/)?.1)
    let colors = Set(
      html.matches(of: /<[^>]* (fill|stroke)="([^"]*)"/).map { "\($0.1)=\"\($0.2)\"" })
    for color in colors where !color.contains("none") {
      #expect(style.contains("svg [\(color)]"), "\(color)")
    }
  }

  @Test func `shows a finding in the words of the monitor, with what it causes`() throws {
    var health = HealthMonitor<Double>()
    health.add([finding("one"), finding("two", symptom: true)])
    var page = ReportPage("title")
    page.sections = [.init("Findings", diagnoses: health.diagnoses)]
    let html = page.html
    for text in [
      "<strong>Warning in one, gate one</strong>, at step 3<", "measured 0.93, limit 0.5 (one)",
      "<b>Why:</b> one", "<b>Try:</b> one", "Because of it, or with it",
      "<li>Warning in two, gate two, at step 3: two</li>",
    ] {
      #expect(html.contains(text), "\(text)")
    }
  }

  @Test func `without contents has a title only`() throws {
    let names = try elements(ReportPage("title").html)
    #expect(
      names == ["html", "head", "meta", "meta", "title", "style", "body", "main", "h1"])
  }
}
