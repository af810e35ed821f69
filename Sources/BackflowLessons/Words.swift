internal import Foundation

/// A number in as few digits as tell it: 0.31, 2.4e-08.
func figure(_ value: Double) -> String { String(format: "%.3g", value) }

/// A share in per cent, to a tenth.
func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
