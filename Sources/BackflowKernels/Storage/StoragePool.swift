internal import Synchronization

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#endif

/// A cache of the memory blocks of released tensors, for subsequent tensors of the same size.
///
/// A training step creates tensors of the same sizes again and again. Reusing memory that is
/// already mapped means that, in the steady state, a step allocates nothing. The pool never caches
/// more than four times the bytes that were live at any one time. (A block serves only its own
/// size, and the peaks of different sizes need not coincide.)
public enum StoragePool {
  /// The counts of the pool so far.
  package struct Statistics: Sendable {
    /// The number of blocks handed out, both new and reused.
    package var allocations = 0
    /// The number of blocks allocated from the system.
    package var systemAllocations = 0
    package var liveBytes = 0
    package var peakLiveBytes = 0
    package var cachedBytes = 0
  }

  package static var statistics: Statistics { state.withLock { $0.statistics } }

  /// Returns all cached blocks to the system, for example when a server has finished training.
  public static func drain() {
    var lists = state.withLock { state in
      state.statistics.cachedBytes = 0
      defer { state.free = State.emptyLists }
      return state.free
    }
    for size in lists.indices {
      while let block = unsafe lists[size].pop() { unsafe free(block) }
    }
  }

  /// Returns memory of at least `minimumBytes`, aligned to `alignment`, with undefined contents, or
  /// `nil` if it cannot be allocated.
  static func allocate(minimumBytes: Int) -> PooledBlock? {
    let sizeClass = SizeClass(holding: minimumBytes)
    let reused = state.withLock { state -> PooledBlock? in
      state.statistics.allocations += 1
      state.statistics.liveBytes += sizeClass.bytes
      state.statistics.peakLiveBytes = max(
        state.statistics.peakLiveBytes, state.statistics.liveBytes)
      if let block = unsafe state.free[sizeClass.index].pop() {
        state.statistics.cachedBytes -= sizeClass.bytes
        return unsafe PooledBlock(address: block, sizeClass: sizeClass)
      }
      state.statistics.systemAllocations += 1
      return nil
    }
    if let reused { return reused }
    // Not `UnsafeMutableRawPointer.allocate`, which terminates the program without a message.
    var address: UnsafeMutableRawPointer?
    guard unsafe posix_memalign(&address, alignment, sizeClass.bytes) == 0,
      let address = unsafe address
    else { return nil }
    return unsafe PooledBlock(address: address, sizeClass: sizeClass)
  }

  static func release(_ block: PooledBlock) {
    let bytes = block.sizeClass.bytes
    let cached = state.withLock { state in
      state.statistics.liveBytes -= bytes
      guard state.statistics.cachedBytes + bytes <= 4 * state.statistics.peakLiveBytes
      else {
        return false
      }
      unsafe state.free[block.sizeClass.index].push(block.address)
      state.statistics.cachedBytes += bytes
      return true
    }
    if !cached { unsafe free(block.address) }
  }

  /// The size of a cache line and of an AVX-512 register.
  package static let alignment = 64

  private struct State {
    static let emptyLists = [FreeList](repeating: FreeList(), count: SizeClass.count)
    var free = emptyLists
    var statistics = Statistics()
  }

  private static let state = Mutex(State())
}

/// Cached blocks of one size. Each begins with the address of the next one, so that caching a block
/// allocates nothing.
@safe private struct FreeList: @unchecked Sendable {
  private var first: UnsafeMutableRawPointer?

  mutating func push(_ block: UnsafeMutableRawPointer) {
    unsafe block.storeBytes(of: first, as: UnsafeMutableRawPointer?.self)
    unsafe first = block
  }

  mutating func pop() -> UnsafeMutableRawPointer? {
    guard let block = unsafe first else { return nil }
    unsafe first = block.load(as: UnsafeMutableRawPointer?.self)
    return unsafe block
  }
}

/// A block of the pool and its size class.
@safe struct PooledBlock: @unchecked Sendable {
  let address: UnsafeMutableRawPointer
  let sizeClass: SizeClass
}

/// The block sizes: four for each power of two, so that rounding up wastes at most a quarter.
package struct SizeClass: Sendable {
  package let index: Int
  package let bytes: Int

  package static let count = 4 * 58

  package init(holding minimumBytes: Int) {
    let lines = max(1, (minimumBytes + StoragePool.alignment - 1) / StoragePool.alignment)
    if lines <= 4 {
      index = lines - 1
      bytes = lines * StoragePool.alignment
      return
    }
    let exponent = Int.bitWidth - 1 - (lines - 1).leadingZeroBitCount
    let step = 1 << (exponent - 2)
    let steps = (lines + step - 1) / step
    index = 4 * (exponent - 1) + (steps - 5)
    bytes = steps * step * StoragePool.alignment
  }
}
