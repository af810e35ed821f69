/// Returns `text` as one line of at most `limit` printable characters, with other characters
/// escaped.
package func escaped(_ text: String, limit: Int = 100) -> String {
  // The result is ASCII, so that bytes are characters.
  var (whole, count, cut) = ("", 0, 0)
  for scalar in text.unicodeScalars {
    let part = escaped(scalar)
    whole += part
    count += part.utf8.count
    if count < limit { cut = count }
    if count > limit { return String(whole.prefix(cut)) + "…" }
  }
  return whole
}

private func escaped(_ scalar: Unicode.Scalar) -> String {
  if scalar == "\\" { return "\\\\" }
  return (0x20..<0x7F).contains(scalar.value) ? String(scalar) : scalar.escaped(asASCII: true)
}
