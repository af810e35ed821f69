internal import ArgumentParser

/// Checks the value of an option for the number of threads.
///
/// - Throws: `ValidationError` if `threads` is not positive.
package func checkThreads(_ threads: Int?) throws {
  if let threads, threads < 1 {
    throw ValidationError("--threads must be at least 1, got \(threads).")
  }
}

/// Checks the value of an option that a network uses in single precision, where a small number
/// becomes 0 and a large one infinite.
///
/// - Throws: `ValidationError` if `value` is not positive and finite in single precision.
package func checkSinglePrecision(
  _ value: Double?, _ option: String, instead usual: String
) throws {
  guard let value else { return }
  let smallest = Float.leastNonzeroMagnitude
  let largest = Float.greatestFiniteMagnitude
  if value >= Double(smallest), value <= Double(largest) { return }
  throw ValidationError(
    "\(option) must be between 1.4e-45 and 3.4e+38, to be positive and finite in single precision, got"
      + " \(value); the default is \(usual).")
}
