internal import Backflow
internal import RealModule

extension SelfTestCase.Outcome: CustomStringConvertible {
  /// The name and the source, and a table of figures.
  public var description: String {
    let heading = "\(name)\n  \(source)\n"
    if let error { return heading + "  FAILED: \(error)" }
    let names = ["figure"] + figures.map(\.name)
    let columns = [
      ["measured"] + figures.map { text($0.measured) },
      ["expected"] + figures.map { text($0.expected) },
      ["tolerance"] + figures.map { text($0.tolerance) },
      ["verdict"] + figures.map { $0.passes ? "ok" : "FAILED" },
    ]
    let width = names.map(\.count).max() ?? 0
    let widths = columns.map { $0.map(\.count).max() ?? 0 }
    let rows = names.indices.map { row in
      "  " + padded(names[row], width)
        + zip(columns, widths).map { "  " + padded($0[row], $1) }.joined()
    }
    return heading + rows.joined(separator: "\n")
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private func text(_ value: Double) -> String {
    value == -.infinity ? "−∞" : value == .infinity ? "∞" : rounded(value)
  }

  /// Ten significant digits.
  private func rounded(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return value == 0 ? "0" : "\(value)" }
    let digits = 9 - Int(Double.log10(value.magnitude).rounded(.down))
    guard (0...15).contains(digits) else { return "\(value)" }
    let factor = Double.exp10(Double(digits))
    let text = "\((value * factor).rounded() / factor)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
