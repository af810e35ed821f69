/// Returns a text in lines that are at most `width` wide, broken at spaces. A longer word has a
/// line of its own.
func lines(of text: String, size: Double, within width: Double, bold: Bool = false) -> [String] {
  var lines: [String] = []
  // A number stays with its unit.
  let words = text.replacing(" %", with: "\u{A0}%").split(separator: " ")
  for word in words {
    let longer = (lines.last.map { $0 + " " } ?? "") + word
    if lines.isEmpty || textWidth(longer, size: size, bold: bold) > width {
      lines.append(String(word))
    } else {
      lines[lines.count - 1] = longer
    }
  }
  return lines.isEmpty ? [""] : lines.map { $0.replacing("\u{A0}%", with: " %") }
}

/// Returns an estimate of the width of a text, which depends on the font that a viewer has: the one
/// of the wide fonts among Helvetica, Arial, and their replacements.
func textWidth(_ text: String, size: Double, bold: Bool = false) -> Double {
  (bold ? 0.66 : 0.58) * size * Double(text.count)
}

/// Returns the end of a text that is too wide, which tells more about a place in a network than the
/// start.
func shortened(_ text: String, size: Double, within width: Double) -> String {
  if textWidth(text, size: size) <= width { return text }
  return "…" + text.suffix(max(1, Int(width / textWidth("n", size: size)) - 1))
}
