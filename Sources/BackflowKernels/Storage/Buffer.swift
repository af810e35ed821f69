/// A fixed number of elements in 64-byte aligned memory, with copy-on-write semantics.
///
/// This is the only owner of raw memory in the package. Its elements are accessed through spans,
/// which check every access and cannot outlive it.
@safe package struct Buffer<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  package let count: Int
  private var owner: BlockOwner
  // Not a property of the owner, so that the lifetime of a span depends on this value alone.
  private var base: UnsafeMutablePointer<Element>

  /// Creates a buffer of undefined elements, all of which the caller must write before reading any.
  /// Stops the program if the memory cannot be allocated, with a message that includes the purpose
  /// `what`.
  package init(uninitialized count: Int, for what: @autoclosure () -> String = "a buffer") {
    require(count >= 0, "the size of a buffer must not be negative, got \(count)")
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    // A block may be up to a quarter larger than requested.
    require(
      !overflow && bytes < Int.max / 2,
      "\(what()) of \(Element.self) has more bytes than `Int` can represent")
    self.count = count
    guard let block = StoragePool.allocate(minimumBytes: bytes) else {
      stop(
        "\(what()) of \(Element.self) needs \(bytes) bytes, which cannot be allocated; make it"
          + " smaller, or process it in parts")
    }
    owner = BlockOwner(block)
    unsafe base = owner.block.address.bindMemory(to: Element.self, capacity: count)
  }

  package init(repeating value: Element, count: Int) {
    self.init(uninitialized: count)
    unsafe base.initialize(repeating: value, count: count)
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
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

  /// Makes the elements unique, copying them if they are shared.
  package var mutableSpan: MutableSpan<Element> {
    @_lifetime(&self)
    mutating get {
      let span = unsafe MutableSpan(_unsafeStart: uniqueBase(), count: count)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// The address of the elements for reading, valid while this value exists.
  var sharedBase: UnsafeMutablePointer<Element> { unsafe base }

  /// Returns the address of the elements for writing, after they have been made unique.
  mutating func uniqueBase() -> UnsafeMutablePointer<Element> {
    if !isUnique() { self = Buffer(copying: span) }
    return unsafe base
  }

  package var elements: [Element] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

  /// Returns whether no other buffer shares the memory, so that writing copies nothing.
  package mutating func isUnique() -> Bool { isKnownUniquelyReferenced(&owner) }

  /// Returns whether both values share their memory.
  package func sharesMemory(with other: Buffer) -> Bool { owner === other.owner }
}

/// An object that returns its block to the pool when the last buffer that uses it is released.
private final class BlockOwner {
  let block: PooledBlock

  init(_ block: PooledBlock) { self.block = block }

  deinit { StoragePool.release(block) }
}
