/// A row of the results.
struct BenchmarkResult: Encodable {
  let workload: String
  let pass: Workload.Pass
  let scalar: String
  let threads: Int
  let medianMilliseconds: Double
  let minMilliseconds: Double
  let samples: Int
  let gflops: Double
  let peakFraction: Double
  /// The relative increase of the time over the baseline, for a row that has one.
  let overhead: Double?

  enum CodingKeys: String, CodingKey {
    case workload, pass, scalar, threads, samples, gflops, overhead
    case medianMilliseconds = "median_ms"
    case minMilliseconds = "min_ms"
    case peakFraction = "peak_fraction"
  }

  /// Rates are computed from the median. The peak is that of `threads` cores, and is halved for
  /// double precision.
  init(_ workload: Workload, _ measurement: Measurement, threads: Int, machine: Machine) {
    self.workload = workload.name
    pass = workload.pass
    scalar = workload.scalar
    self.threads = threads
    medianMilliseconds = measurement.medianMilliseconds
    minMilliseconds = measurement.minMilliseconds
    samples = measurement.samples
    gflops = workload.flops / measurement.medianMilliseconds * 1e-6
    let peak =
      machine.fmaPeakGflops * Double(min(threads, machine.cores))
      / (workload.scalar == "float64" ? 2 : 1)
    peakFraction = gflops / peak
    overhead = measurement.overhead
  }
}
