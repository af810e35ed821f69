import BackflowKernels
import Foundation

#if canImport(Glibc)
  import CMalloc
#endif

/// The memory that this process has in use.
struct MemoryInUse {
  /// Blocks that the pool ever requested from the system.
  var poolAllocations: Int
  /// Bytes of the pool's blocks that belong to live tensors.
  var poolBytes: Int
  /// Bytes of the whole heap, the pool's among them; 0 where the C library does not tell.
  var heapBytes: Int

  static var now: MemoryInUse {
    let pool = StoragePool.statistics
    return MemoryInUse(
      poolAllocations: pool.systemAllocations, poolBytes: pool.liveBytes, heapBytes: heap)
  }

  /// Before and after 1,000 steps in the steady state.
  ///
  /// In the first step the pool gets its blocks and the runtime makes the metadata of generic
  /// types; the second adds a few hundred bytes. From the third on every model tested leaves the
  /// heap the same to the byte. Ten steps are run first to be sure.
  static func around1000Steps(
    _ step: () throws -> Void
  ) rethrows -> (before: MemoryInUse, after: MemoryInUse) {
    for _ in 0..<10 { try step() }
    let before = now
    for _ in 0..<1000 { try step() }
    return (before, now)
  }

  /// The heap may shrink, by two kilobytes or so for each idle thread of the test runner that ends.
  func exceeds(_ other: MemoryInUse) -> Bool {
    poolAllocations > other.poolAllocations || poolBytes > other.poolBytes
      || heapBytes > other.heapBytes
  }

  /// Under a sanitizer, which `scripts/sanitize` names in the environment, objects live in the
  /// sanitizer's heap, and the C library tells of its own alone, which never grows.
  static var isToldByTheLibrary: Bool {
    ProcessInfo.processInfo.environment["BACKFLOW_SANITIZER"] == nil
  }

  /// All arenas together, and what is mapped on its own.
  private static var heap: Int {
    #if canImport(Glibc)
      let heap = mallinfo2()
      return Int(heap.uordblks + heap.hblkhd)
    #else
      return 0
    #endif
  }
}
