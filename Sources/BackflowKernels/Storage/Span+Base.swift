// Pointers for one call of C each. They do not keep the memory alive: `extendLifetime` of the span
// after the call does.

extension Span where Element: BitwiseCopyable {
  /// The start of the memory, which may be `nil` if there are no elements.
  @unsafe var base: UnsafePointer<Element>? {
    @inline(__always) get { unsafe withUnsafeBufferPointer { $0.baseAddress } }
  }
}

extension MutableSpan where Element: BitwiseCopyable {
  /// The start of the memory, which may be `nil` if there are no elements.
  @unsafe var base: UnsafeMutablePointer<Element>? {
    @inline(__always) mutating get { unsafe withUnsafeMutableBufferPointer { $0.baseAddress } }
  }
}

extension Span where Element: BitwiseCopyable & Numeric {
  /// The bytes of the elements, in the byte order of the system.
  package var byteArray: [UInt8] {
    unsafe withUnsafeBufferPointer { unsafe [UInt8](UnsafeRawBufferPointer($0)) }
  }
}

extension Optional where Wrapped: Strideable {
  /// The position `distance` after this one, if there is one.
  @inline(__always) func advanced(by distance: Wrapped.Stride) -> Wrapped? {
    map { $0.advanced(by: distance) }
  }
}
