internal import BackflowKernels

/// A number in as few digits as tell it: 0.31, 2.4e-08.
func figure(_ value: Double) -> String {
  // The largest number stands for infinity in a finding.
  let isInfinite = value.magnitude >= .greatestFiniteMagnitude
  return isInfinite ? (value < 0 ? "−∞" : "∞") : value.text(significantDigits: 3)
}

/// A share as a percentage: "41 %", "0.3 %".
func percentage(_ share: Double) -> String {
  let percent = 100 * share
  let digits = percent == percent.rounded() || percent >= 10 ? 0 : percent >= 1 ? 1 : 2
  return percent.text(decimals: digits) + " %"
}
