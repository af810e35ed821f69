/// `text` in one line of at most `limit` characters that any terminal shows as they are.
func escaped(_ text: String, limit: Int = 100) -> String {
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
