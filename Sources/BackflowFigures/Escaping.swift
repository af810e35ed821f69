/// Returns a text with all that has a meaning in XML and HTML escaped, in content and in the values
/// of attributes. A character that XML does not allow becomes U+FFFD.
func escaped(_ text: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result.append(contentsOf: "&amp;".unicodeScalars)
    case "<": result.append(contentsOf: "&lt;".unicodeScalars)
    case ">": result.append(contentsOf: "&gt;".unicodeScalars)
    case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
    case "'": result.append(contentsOf: "&#39;".unicodeScalars)
    case "\t", "\n": result.append(scalar)
    case "\u{FFFE}", "\u{FFFF}": result.append("\u{FFFD}")
    default:
      result.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
    }
  }
  return String(result)
}
