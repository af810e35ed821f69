internal import Foundation

/// Returns a number with three significant digits: 0.31, 2.4e-08.
func figure(_ value: Double) -> String { String(format: "%.3g", value) }

/// Returns a fraction as a percentage with one decimal place.
func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }

/// Returns `text` in lines of at most `width` characters if its words allow: the first with
/// `indent`, and the others with two more spaces. A number and its percent sign are not separated.
func wrapped(_ text: String, indent: String = "  ", width: Int = 98) -> [String] {
  var lines: [String] = []
  var line = indent
  var isEmpty = true
  for word in text.replacing(" %", with: "\u{A0}%").split(separator: " ") {
    if !isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = indent + "  "
      isEmpty = true
    }
    line += (isEmpty ? "" : " ") + word
    isEmpty = false
  }
  return (lines + [line]).map { $0.replacing("\u{A0}%", with: " %") }
}
