internal import ArgumentParser

/// - Throws: `ValidationError` unless `threads` is a number of threads, or `nil`.
package func checkThreads(_ threads: Int?) throws {
  if let threads, threads < 1 {
    throw ValidationError("--threads must be at least 1, not \(threads).")
  }
}

/// The networks calculate in single precision, in which a small number becomes 0 and a large one
/// infinite.
///
/// - Throws: `ValidationError` unless `value` is positive and finite then, or `nil`.
package func checkSinglePrecision(
  _ value: Double?, _ option: String, instead usual: String
) throws {
  guard let value else { return }
  let smallest = Float.leastNonzeroMagnitude
  let largest = Float.greatestFiniteMagnitude
  if value >= Double(smallest), value <= Double(largest) { return }
  throw ValidationError(
    "\(option) must be positive and finite in single precision, not \(value): such numbers lie between"
      + " 1.4e-45 and 3.4e+38, and \(usual) is usual.")
}
