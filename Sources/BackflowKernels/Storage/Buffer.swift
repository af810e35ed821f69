/// A fixed number of elements in 64-byte aligned memory, with copy-on-write semantics.
///
/// This is the only owner of raw memory in the package. Its elements are accessed through spans,
/// which check every access and cannot outlive it.
@safe @usableFromInline
package struct Buffer<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  @usableFromInline package let count: Int
  @usableFromInline var owner: BlockOwner
  // Not a property of the owner, so that the lifetime of a span depends on this value alone.
  @usableFromInline var base: UnsafeMutablePointer<Element>

  /// Creates a buffer of undefined elements, all of which the caller must write before reading any.
  /// Stops the program if the memory cannot be allocated, with a message that includes the purpose
  /// `what`.
  @inlinable
  package init(uninitialized count: Int, for what: @autoclosure () -> String = "a buffer") {
    self.count = count
    owner = BlockOwner(count, stride: MemoryLayout<Element>.stride) {
      "\(what()) of \(Element.self)"
    }
    unsafe base = owner.address.bindMemory(to: Element.self, capacity: count)
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

  @inlinable
  package var span: Span<Element> {
    @_lifetime(borrow self)
    get {
      let span = unsafe Span(_unsafeStart: base, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Makes the elements unique, copying them if they are shared.
  @inlinable
  package var mutableSpan: MutableSpan<Element> {
    @inline(__always)
    @_lifetime(&self)
    mutating get {
      let span = unsafe MutableSpan(_unsafeStart: uniqueBase(), count: count)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// What two copies of a buffer have in common until one of them is changed.
  package var identity: ObjectIdentifier { ObjectIdentifier(owner) }

  /// The address of the elements for reading, valid while this value exists.
  var sharedBase: UnsafeMutablePointer<Element> { unsafe base }

  /// Returns the address of the elements for writing, after they have been made unique.
  @inlinable @inline(__always)
  mutating func uniqueBase() -> UnsafeMutablePointer<Element> {
    if !isUnique() { copyElements() }
    return unsafe base
  }

  @usableFromInline @inline(never)
  mutating func copyElements() { self = Buffer(copying: span) }

  package var elements: [Element] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

  /// Returns whether no other buffer shares the memory, so that writing copies nothing.
  @inlinable @inline(__always)
  package mutating func isUnique() -> Bool { isKnownUniquelyReferenced(&owner) }

  /// Returns whether both values share their memory.
  package func sharesMemory(with other: Buffer) -> Bool { identity == other.identity }
}

/// An object that returns its block to the pool when the last buffer that uses it is released.
///
/// It does not know the elements, so that its code is compiled once.
@usableFromInline
final class BlockOwner {
  private let block: PooledBlock

  @usableFromInline var address: UnsafeMutableRawPointer { unsafe block.address }

  /// Allocates memory for `count` elements of `stride` bytes each, for the purpose `what`.
  @usableFromInline
  init(_ count: Int, stride: Int, for what: () -> String) {
    require(count >= 0, "the size of a buffer must not be negative, got \(count)")
    let (bytes, overflow) = count.multipliedReportingOverflow(by: stride)
    // A block may be up to a quarter larger than requested.
    require(
      !overflow && bytes < Int.max / 2, "\(what()) has more bytes than `Int` can represent")
    guard let block = StoragePool.allocate(minimumBytes: bytes) else {
      stop(
        "\(what()) needs \(bytes) bytes, which cannot be allocated; make it smaller, or process it"
          + " in parts")
    }
    self.block = block
  }

  deinit { StoragePool.release(block) }
}
