internal import BackflowKernels

/// Returns a number with some significant digits, as in "-0.31" and "2.4e-08", or "∞" or "−∞".
func figure(_ value: Double, significantDigits digits: Int = 4) -> String {
  value.isInfinite ? (value < 0 ? "−∞" : "∞") : value.text(significantDigits: digits)
}

/// Returns a number with its standard error, as in "-0.31 ± 0.02", or without one that is not
/// finite.
func figure(_ value: Double, standardError error: Double) -> String {
  figure(value) + (error.isFinite ? " ± \(figure(error, significantDigits: 2))" : "")
}
