/// The style of a report page, in colors of `Palette`.
enum StyleSheet {
  static let text = """
    :root { color-scheme: light dark; \(variables { $0.light }) }
    @media (prefers-color-scheme: dark) {
    :root { \(variables { $0.dark }) }
    \(drawingsOnDark)
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--paper); color: var(--ink);
      font: 1rem/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
    main { max-width: 62rem; margin: 0 auto; padding: 0 1rem 4rem; overflow-wrap: anywhere; }
    h1 { margin: 1.5rem 0 1rem; font-size: 1.7rem; line-height: 1.2; }
    h2 { margin: 2.5rem 0 0.5rem; font-size: 1.25rem; line-height: 1.3; }
    h3 { margin: 1.6rem 0 0.3rem; font-size: 1.05rem; }
    p { margin: 0.4rem 0; max-width: 44rem; }
    table { border-collapse: collapse; }
    th, td { padding: 0.15rem 1.2rem 0.15rem 0; text-align: left; vertical-align: top; }
    th { font-weight: 600; overflow-wrap: normal; }
    nav ul { margin: 1.2rem 0; padding: 0; list-style: none; }
    nav li { display: inline-block; margin-right: 1.2rem; }
    a { color: var(--calm); }
    figure { margin: 1rem 0 1.8rem; break-inside: avoid; }
    figcaption { max-width: 44rem; margin-top: 0.3rem; font-size: 0.92rem; }
    .drawings { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 1rem; }
    .drawings svg { display: block; flex: 0 1 29.5rem; max-width: 100%; height: auto; }
    .wide svg { flex-basis: auto; }
    .narrow { display: none; }
    @media (max-width: 48rem) {
    .narrow { display: flex; }
    .wide { display: none; }
    }
    .lines { white-space: pre-line; }
    .measured { font-size: 0.92rem; }
    .findings { margin: 1rem 0; padding: 0; list-style: none; }
    .findings > li { margin: 1rem 0; padding-left: 0.8rem; border-left: 0.3rem solid var(--calm); }
    .findings > .warning { border-color: var(--accent); }
    .findings > .failure { border-color: var(--alarm); }
    .findings ul { margin: 0.3rem 0; padding-left: 1.2rem; max-width: 44rem; }
    pre { overflow-x: auto; padding: 0.8rem; border: 1px solid var(--faint);
      font: 0.8rem/1.45 ui-monospace, Menlo, Consolas, monospace; }
    """

  private static func variables(_ value: (_ pair: (light: String, dark: String)) -> String)
    -> String
  {
    Palette.all.map { "--\($0.name): \(value(($0.light, $0.dark)));" }.joined(separator: " ")
  }

  /// The colors of drawings are attributes, which apply wherever there is no style sheet, and which
  /// any rule of one overrides.
  private static var drawingsOnDark: String {
    Palette.all.map { _, light, dark in
      "svg [fill=\"\(light)\"] { fill: \(dark); } svg [stroke=\"\(light)\"] { stroke: \(dark); }"
    }.joined(separator: "\n")
  }
}
