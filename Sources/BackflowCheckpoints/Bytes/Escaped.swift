/// Returns `text` as one line of at most `limit` printable characters, with other characters
/// escaped.
package func escaped(_ text: String, limit: Int = 100) -> String {
  var (whole, cut) = ("", "")
  for scalar in text.unicodeScalars {
    whole += escaped(scalar)
    if whole.count < limit { cut = whole }
    if whole.count > limit { return cut + "…" }
  }
  return whole
}

private func escaped(_ scalar: Unicode.Scalar) -> String {
  if scalar == "\\" { return "\\\\" }
  return (0x20..<0x7F).contains(scalar.value) ? String(scalar) : scalar.escaped(asASCII: true)
}
