internal import BackflowHealth

extension [Diagnosis] {
  /// The lines of a list of diagnoses, or none.
  var list: [String] {
    isEmpty ? [] : ["<ul class=\"findings\">"] + map(\.item) + ["</ul>"]
  }
}

extension Diagnosis {
  /// The cause in the words of the monitor, and in a list below it what was found with it.
  fileprivate var item: String {
    let causes = """
      <p><strong>\(cause.title)</strong>, \(escaped(cause.life))</p>
      <p>\(escaped(cause.placedStatement))</p>
      <p class="measured">\(escaped(cause.measurement))</p>
      <p><b>Why:</b> \(escaped(cause.reason))</p>
      <p><b>Try:</b> \(escaped(cause.cure))</p>
      """
    let isSame = symptoms.allSatisfy { $0.kind == cause.kind }
    let rows = symptoms.map {
      "<li>\($0.title), \(escaped($0.life)): \(escaped($0.placedStatement))</li>"
    }
    let list =
      symptoms.isEmpty
      ? []
      : ["<p><b>\(isSame ? "With it" : "Because of it, or with it"):</b></p>", "<ul>"] + rows
        + ["</ul>"]
    return (["<li class=\"\(severity.rawValue)\">", causes] + list + ["</li>"])
      .joined(separator: "\n")
  }
}

extension Finding {
  /// The severity and the place, escaped: "Warning in 0.l0, gate forget".
  fileprivate var title: String {
    let severity =
      switch severity {
      case .note: "Note"
      case .warning: "Warning"
      case .failure: "Failure"
      }
    return escaped("\(severity) in \(layer)" + (gate.map { ", gate \($0)" } ?? ""))
  }
}
