/// Returns data as a record of an event file: the length as 64 bits, the checksum of the length,
/// the data, and the checksum of the data, with the lowest byte first.
///
/// Source: the format TFRecord, in the guide "TFRecord and tf.train.Example" of TensorFlow. Its
/// checksums are masked, so that data with a checksum in them do not weaken the check.
package func eventRecord(_ data: [UInt8]) -> [UInt8] {
  let length = littleEndian(UInt64(data.count))
  return length + littleEndian(masked(crc32c(length))) + data + littleEndian(masked(crc32c(data)))
}

private func masked(_ checksum: UInt32) -> UInt32 {
  (checksum >> 15 | checksum << 17) &+ 0xa282_ead8
}

/// Returns the bytes of a number, the lowest first.
func littleEndian<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number) -> [UInt8] {
  (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}
