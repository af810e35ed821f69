internal import BackflowKernels

/// A number with three significant digits: 0.31, 2.4e-08.
func figure(_ value: Double) -> String {
  // A finding stores infinity as the largest finite number.
  let isInfinite = value.magnitude >= .greatestFiniteMagnitude
  return isInfinite ? (value < 0 ? "−∞" : "∞") : value.text(significantDigits: 3)
}

/// A share as a percentage: "41 %", "0.3 %".
func percentage(_ share: Double) -> String {
  let percent = 100 * share
  let digits = percent == percent.rounded() || percent >= 10 ? 0 : percent >= 1 ? 1 : 2
  return percent.text(decimals: digits) + " %"
}

/// A number of things: "1 step", "2 steps".
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
