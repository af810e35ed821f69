import BackflowKernels
import Foundation

#if canImport(Glibc)
  import CMalloc
#endif

/// The memory that this process uses.
struct MemoryInUse {
  /// The number of blocks that the pool has requested from the system.
  var poolAllocations: Int
  /// The number of bytes in blocks of the pool that belong to tensors.
  var poolBytes: Int
  /// The number of bytes in the heap, including the pool, or 0 if the C library does not provide
  /// it.
  var heapBytes: Int

  static var now: MemoryInUse {
    let pool = StoragePool.statistics
    return MemoryInUse(
      poolAllocations: pool.systemAllocations, poolBytes: pool.liveBytes, heapBytes: heap)
  }

  /// Returns the memory before and after 1,000 steps in the steady state.
  ///
  /// In the first step, the pool allocates its blocks, and the runtime creates the metadata of
  /// generic types. The second step adds a few hundred bytes. After the third step, the size of the
  /// heap does not change. This function runs ten steps first.
  static func around1000Steps(
    _ step: () throws -> Void
  ) rethrows -> (before: MemoryInUse, after: MemoryInUse) {
    for _ in 0..<10 { try step() }
    let before = now
    for _ in 0..<1000 { try step() }
    return (before, now)
  }

  /// Whether more memory is in use than in `other`. Less is possible: the heap shrinks by about two
  /// kilobytes for each idle thread of the test runner that ends.
  func exceeds(_ other: MemoryInUse) -> Bool {
    poolAllocations > other.poolAllocations || poolBytes > other.poolBytes
      || heapBytes > other.heapBytes
  }

  /// Whether the C library provides the size of the heap that the process uses. Under a sanitizer,
  /// which `scripts/sanitize` names in the environment, objects are in the heap of the sanitizer
  /// instead.
  static var isToldByTheLibrary: Bool {
    ProcessInfo.processInfo.environment["BACKFLOW_SANITIZER"] == nil
  }

  /// Returns the size of all arenas and of separate mappings.
  private static var heap: Int {
    #if canImport(Glibc)
      let heap = mallinfo2()
      return Int(heap.uordblks + heap.hblkhd)
    #else
      return 0
    #endif
  }
}
