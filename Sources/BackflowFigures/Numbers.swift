internal import RealModule

/// Returns a coordinate rounded to hundredths, without a trailing ".0".
func number(_ value: Double) -> String {
  let rounded = (value * 100).rounded() / 100
  return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
}

/// Returns a value with three significant digits and a real minus sign: 0.873, −1.24, 3.1e−7.
func short(_ value: Double) -> String { plain(value).replacing("-", with: "−") }

/// Returns the same with a hyphen.
private func plain(_ value: Double) -> String {
  guard value.isFinite else { return "\(value)" }
  if value == 0 { return "0" }
  let exponent = Int(Double.log10(abs(value)).rounded(.down))
  let scale = Double.exp10(Double(exponent - 2))
  let rounded = (value / scale).rounded() * scale
  if (-3...4).contains(exponent) {
    let digits = max(0, 2 - exponent)
    let factor = Double.exp10(Double(digits))
    let text = String((rounded * factor).rounded() / factor)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
  let mantissa = (value / Double.exp10(Double(exponent)) * 100).rounded() / 100
  if abs(mantissa) >= 10 { return "\(mantissa / 10)e\(exponent + 1)".replacing(".0e", with: "e") }
  return "\(mantissa)e\(exponent)".replacing(".0e", with: "e")
}

/// Returns a whole number with all its digits, unless it is very large: 1005, where three digits
/// would be those of 1010.
func whole(_ value: Double) -> String {
  value.magnitude < 1e7 ? number(value).replacing("-", with: "−") : short(value)
}
