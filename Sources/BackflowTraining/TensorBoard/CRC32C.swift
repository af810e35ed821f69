/// The cyclic redundancy check with the polynomial of Castagnoli (RFC 3720, section 12.1), which
/// zlib does not have.
package func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
  ~bytes.reduce(~0) { remainder, byte in
    table[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)] ^ (remainder >> 8)
  }
}

/// The remainder of each byte.
private let table: [UInt32] = (0..<256).map { byte in
  // The polynomial with its bits in reverse order, because the lowest bit of a byte comes first.
  (0..<8).reduce(UInt32(byte)) { remainder, _ in
    (remainder >> 1) ^ (remainder & 1 == 0 ? 0 : 0x82f6_3b78)
  }
}
