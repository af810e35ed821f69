internal import Backflow
internal import BackflowKernels
internal import Foundation

/// The machine and its two limits for comparison with the results.
struct Machine: Encodable {
  let cpu: String
  let cores: Int
  let blas: String
  let kernels: String
  var fmaPeakGflops: Double
  let sgemmPeakGflops: Double

  enum CodingKeys: String, CodingKey {
    case cpu, cores, blas, kernels
    case fmaPeakGflops = "fma_peak_gflops"
    case sgemmPeakGflops = "sgemm_peak_gflops"
  }

  /// Measures the limits of one core in single precision.
  init(seconds: Double) {
    cpu = Machine.processorName
    cores = ProcessInfo.processInfo.activeProcessorCount
    blas = BLAS.version
    kernels = VectorKernels.instructionSet

    fmaPeakGflops = Machine.measureMultiplyAddPeak(seconds: seconds)

    // Large enough for packing to be a small part of the work.
    let n = 1024
    var random = RandomSource(seed: 1)
    let a: Tensor<Float> = random.normal([n, n])
    let b: Tensor<Float> = random.normal([n, n])
    let threads = Threads.count
    Threads.count = 1
    let sgemm = Measurement(seconds: seconds) { Backflow.matmul(a, b).elementAtEnd }
    Threads.count = threads
    sgemmPeakGflops = 2 * Double(n * n * n) / sgemm.minMilliseconds * 1e-6
  }

  /// Returns the best of many short bursts, which are unlikely to be all disturbed by other load.
  static func measureMultiplyAddPeak(seconds: Double) -> Double {
    let rounds = 20_000
    let fma = Measurement(seconds: seconds) { VectorKernels.runMultiplyAdds(rounds: rounds) }
    return Double(VectorKernels.flopsOfMultiplyAdds(rounds: rounds)) / fma.minMilliseconds * 1e-6
  }

  private static var processorName: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    return name ?? "unknown"
  }
}
