internal import Foundation

/// The results as aligned text.
enum TextTable {
  static func heading(_ machine: Machine, threads: Int) -> String {
    """
    \(machine.cpu), \(machine.cores) cores, \(threads) used; \(machine.kernels) kernels
    \(machine.blas)
    one core, single precision: multiply-add peak \(rate(machine.fmaPeakGflops)), \
    sgemm \(rate(machine.sgemmPeakGflops))

    \(columns("workload", "pass", "median ms", "min ms", "GFLOP/s", "of peak"))
    """
  }

  static func line(_ result: BenchmarkResult) -> String {
    columns(
      result.workload, result.pass.rawValue, String(format: "%.4f", result.medianMilliseconds),
      String(format: "%.4f", result.minMilliseconds),
      result.gflops > 0 ? String(format: "%.1f", result.gflops) : "–",
      result.gflops > 0 ? String(format: "%.0f %%", 100 * result.peakFraction) : "–")
      + (result.overhead.map { String(format: "   monitor %+.1f %%", 100 * $0) } ?? "")
  }

  static func peakNote(_ first: Double, _ later: Double) -> String {
    "\nOther load disturbed the measurement of the peak, which is \(rate(later)), not \(rate(first))."
      + " The shares above are too high by this ratio."
  }

  private static func rate(_ gflops: Double) -> String { String(format: "%.1f GFLOP/s", gflops) }

  private static func columns(
    _ workload: String, _ pass: String, _ median: String, _ least: String, _ rate: String,
    _ share: String
  ) -> String {
    left(workload, 37) + left(pass, 22) + right(median, 11) + right(least, 11) + right(rate, 9)
      + right(share, 9)
  }

  private static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(1, width - text.count)) + text
  }
}
