internal import Backflow

/// Returns a number with three significant digits: 0.31, 2.4e-08.
func figure(_ value: Double) -> String { value.text(significantDigits: 3) }

/// Returns a fraction as a percentage with one decimal place.
func percent(_ share: Double) -> String { (100 * share).text(decimals: 1) + " %" }

/// Returns `text` in lines of a report: the first with `indent`, the others with two more spaces.
func wrapped(_ text: String, indent: String = "  ") -> [String] {
  text.wrapped(width: 98, indent: indent, hangingIndent: indent + "  ")
}
