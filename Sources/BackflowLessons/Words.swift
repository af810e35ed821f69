internal import Foundation

/// A number in as few digits as tell it: 0.31, 2.4e-08.
func figure(_ value: Double) -> String { String(format: "%.3g", value) }

/// A share in per cent, to a tenth.
func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }

/// `text` in lines of at most `width` characters, as far as its words allow: the first behind
/// `indent`, the others two spaces further in. A number and its per cent stay together.
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
