internal import CZlib

/// A decompressor of raw data in the deflate format (RFC 1951), which takes and returns a part of
/// the data at a time.
@safe
package struct Inflater: ~Copyable {
  // zlib keeps the address of the stream, which therefore must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  /// Whether the data have ended. What follows them is not read.
  package private(set) var isAtEnd = false

  /// The reason why data cannot be decompressed, as a sentence fragment.
  package struct Problem: Error {
    package let description: String
  }

  package init() throws(Problem) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // A negative number of bits means data without the header of zlib.
    let status = unsafe inflateInit2_(
      stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    // On failure, there is no state to release, which `inflateEnd` notices.
    guard status == Z_OK else { throw Problem(description: "zlib cannot be initialized") }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Decompresses a part of `input` into a part of `output`.
  ///
  /// - Returns: The numbers of bytes that were read from the start of `input` and written to the
  ///   start of `output`. Either all of `input` is read, or all of `output` is written, or the data
  ///   end.
  /// - Precondition: Neither is longer than 2³² - 1 bytes, and `output` is not empty.
  package mutating func inflate(
    _ input: ArraySlice<UInt8>, into output: inout [UInt8]
  ) throws(Problem) -> (read: Int, written: Int) {
    let (available, space) = (UInt32(input.count), UInt32(output.count))
    let status = unsafe input.withUnsafeBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { output in
        // zlib does not change the input; its declaration lacks `const`.
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.pointee.avail_in = available
        unsafe stream.pointee.next_out = output.baseAddress
        unsafe stream.pointee.avail_out = space
        return unsafe CZlib.inflate(stream, Z_NO_FLUSH)
      }
    }
    let read = unsafe Int(available - stream.pointee.avail_in)
    let written = unsafe Int(space - stream.pointee.avail_out)
    unsafe stream.pointee.next_in = nil
    unsafe stream.pointee.next_out = nil
    switch status {
    case Z_STREAM_END: isAtEnd = true
    // The latter means that there was nothing to do.
    case Z_OK, Z_BUF_ERROR: break
    default:
      let message = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
      throw Problem(description: message ?? "status \(status) of zlib")
    }
    return (read, written)
  }
}

/// The CRC-32 checksum of zip archives.
package struct Checksum {
  /// The checksum of the bytes so far.
  package private(set) var value: UInt32 = 0

  package init() {}

  /// Adds bytes.
  package mutating func add(_ bytes: [UInt8]) {
    let before = uLong(value)
    let after = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe crc32_z(before, bytes.baseAddress, bytes.count)
    }
    // zlib returns 0 for a null pointer, which an empty buffer may have.
    if !bytes.isEmpty { value = UInt32(truncatingIfNeeded: after) }
  }
}
