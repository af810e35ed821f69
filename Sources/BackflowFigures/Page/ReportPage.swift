public import BackflowHealth

/// A page in HTML that shows everything itself: it needs no network, no other file and no script.
///
///     var page = ReportPage("digits, run 3")
///     page.facts = [("optimizer", "Adam")]
///     page.sections = [
///       .init("Loss", text: "…", figures: [.init([figure.svg], caption: "…")])
///     ]
///
/// It follows the light or dark appearance of the browser, and fits a phone. Texts may come from
/// files: everything but `Figure.drawings` is escaped.
public struct ReportPage: Sendable {
  /// The title.
  public var title: String
  /// What is known about the subject, as rows of a table.
  public var facts: [(name: String, value: String)] = []
  /// The sections.
  public var sections: [Section] = []

  /// Creates a page without facts and sections.
  public init(_ title: String) { self.title = title }

  /// A part of the page under a heading. What is empty is left out.
  public struct Section: Sendable {
    /// The heading.
    public var heading: String
    /// A paragraph below the heading, whose line breaks are kept.
    public var text: String
    /// Findings by their cause, as a list.
    public var diagnoses: [Diagnosis]
    /// The figures.
    public var figures: [Figure]
    /// Texts whose lines and spaces are kept, such as a report for a terminal.
    public var plainTexts: [String]

    /// Creates a section.
    public init(
      _ heading: String, text: String = "", diagnoses: [Diagnosis] = [], figures: [Figure] = [],
      plainTexts: [String] = []
    ) {
      (self.heading, self.text, self.diagnoses) = (heading, text, diagnoses)
      (self.figures, self.plainTexts) = (figures, plainTexts)
    }
  }

  /// Drawings side by side, as far as the page is wide enough, with a caption.
  public struct Figure: Sendable {
    /// A heading below that of the section, or an empty string for none.
    public var title: String
    /// SVG documents by this library. They are not escaped.
    public var drawings: [String]
    /// What stands in place of all drawings on a page as narrow as a phone, or `nil`.
    public var narrowDrawing: String?
    /// The caption.
    public var caption: String

    /// Creates a figure.
    public init(
      _ drawings: [String], title: String = "", narrow: String? = nil, caption: String
    ) {
      (self.title, self.drawings) = (title, drawings)
      (narrowDrawing, self.caption) = (narrow, caption)
    }
  }

  /// The page as an HTML document, which is well-formed XML as well.
  public var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8"/>
    <meta name="viewport" content="width=device-width, initial-scale=1"/>
    <title>\(escaped(title))</title>
    <style>
    \(StyleSheet.text)
    </style>
    </head>
    <body>
    <main>
    <h1>\(escaped(title))</h1>
    \((table + contents + sections.enumerated().map(section)).joined(separator: "\n"))
    </main>
    </body>
    </html>

    """
  }

  // MARK: - Parts

  private var table: [String] {
    guard !facts.isEmpty else { return [] }
    let rows = facts.map {
      "<tr><th scope=\"row\">\(escaped($0.name))</th><td>\(escaped($0.value))</td></tr>"
    }
    return ["<table>", "<tbody>"] + rows + ["</tbody>", "</table>"]
  }

  private var contents: [String] {
    guard sections.count > 1 else { return [] }
    let links = sections.enumerated().map { index, section in
      "<li><a href=\"#section-\(index + 1)\">\(escaped(section.heading))</a></li>"
    }
    return ["<nav aria-label=\"Contents\">", "<ul>"] + links + ["</ul>", "</nav>"]
  }

  private func section(_ index: Int, _ section: Section) -> String {
    let heading = "<h2 id=\"section-\(index + 1)\">\(escaped(section.heading))</h2>"
    let text = section.text.isEmpty ? [] : ["<p class=\"lines\">\(escaped(section.text))</p>"]
    // A box that scrolls can be reached with the keyboard.
    let plain = section.plainTexts.map { "<pre tabindex=\"0\">\(escaped($0))</pre>" }
    return
      (["<section>", heading] + text + section.diagnoses.list + section.figures.map(\.element)
      + plain + ["</section>"]).joined(separator: "\n")
  }
}

extension ReportPage.Figure {
  fileprivate var element: String {
    let heading = title.isEmpty ? [] : ["<h3>\(escaped(title))</h3>"]
    let wide = "<div class=\"drawings\(narrowDrawing == nil ? "" : " wide")\">"
    let narrow = narrowDrawing.map { ["<div class=\"drawings narrow\">", $0, "</div>"] } ?? []
    return
      (heading + ["<figure>", wide] + drawings + ["</div>"] + narrow
      + ["<figcaption>\(escaped(caption))</figcaption>", "</figure>"])
      .joined(separator: "\n")
  }
}
