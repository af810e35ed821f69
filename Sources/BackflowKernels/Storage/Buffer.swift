/// A fixed number of elements in 64-byte aligned memory, copied on write.
///
/// The one owner of raw memory in the package. Its elements are reached through spans, which
/// check every access and cannot outlive it.
@safe package struct Buffer<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  package let count: Int
  private var owner: BlockOwner
  // Beside the owner and not inside it: a span's lifetime is then tied to this value alone.
  private var base: UnsafeMutablePointer<Element>

  /// `count` elements of undefined value; the caller overwrites every one before it reads any.
  /// Stops, naming `what` it is for, where there is not that much memory.
  package init(uninitialized count: Int, for what: @autoclosure () -> String = "a buffer") {
    require(count >= 0, "a buffer cannot hold \(count) elements")
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    // A block may be larger than what is asked for, by a quarter.
    require(
      !overflow && bytes < Int.max / 2,
      "\(what()) of \(Element.self) needs more bytes than can be counted")
    self.count = count
    guard let block = StoragePool.allocate(minimumBytes: bytes) else {
      stop(
        "\(what()) of \(Element.self) needs \(bytes) bytes, which the system does not give; make it"
          + " smaller, or work on it in parts")
    }
    owner = BlockOwner(block)
    unsafe base = owner.block.address.bindMemory(to: Element.self, capacity: count)
  }

  package init(repeating value: Element, count: Int) {
    self.init(uninitialized: count)
    unsafe base.initialize(repeating: value, count: count)
  }

  package init(copying elements: Span<Element>) {
    self.init(uninitialized: elements.count)
    if let source = unsafe elements.base {
      unsafe base.initialize(from: source, count: elements.count)
    }
    extendLifetime(elements)
  }

  package var span: Span<Element> {
    @_lifetime(borrow self)
    get {
      let span = unsafe Span(_unsafeStart: base, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Copies the elements first if another value shares them.
  package var mutableSpan: MutableSpan<Element> {
    @_lifetime(&self)
    mutating get {
      let span = unsafe MutableSpan(_unsafeStart: uniqueBase(), count: count)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// The start of the memory, for reading, as long as this value lives.
  var sharedBase: UnsafeMutablePointer<Element> { unsafe base }

  /// The start of the memory after it was made this value's own.
  mutating func uniqueBase() -> UnsafeMutablePointer<Element> {
    if !isKnownUniquelyReferenced(&owner) { self = Buffer(copying: span) }
    return unsafe base
  }

  package var elements: [Element] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

  /// Whether both values stand in the same memory.
  package func sharesMemory(with other: Buffer) -> Bool { owner === other.owner }
}

/// Returns its block to the pool when the last buffer that uses it is gone.
private final class BlockOwner {
  let block: PooledBlock

  init(_ block: PooledBlock) { self.block = block }

  deinit { StoragePool.release(block) }
}
