import Backflow
import BackflowKernels

/// How far the memory of tensors grows beyond what it is now.
struct PeakMemory {
  /// As much as an earlier peak has left free, so that a new peak is one of what follows.
  private let ballast: Buffer<UInt8>
  private let start: Int

  init() {
    let before = StoragePool.statistics
    ballast = Buffer(uninitialized: before.peakLiveBytes - before.liveBytes)
    start = StoragePool.statistics.liveBytes
  }

  /// The bytes by which it has grown at most.
  var growth: Int { StoragePool.statistics.peakLiveBytes - start }
}
