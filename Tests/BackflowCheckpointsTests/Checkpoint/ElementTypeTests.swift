import Backflow
import Testing

@testable import BackflowCheckpoints

/// Values of formats of at most 16 bits, from the definitions of the formats: IEEE 754 for half
/// precision, arXiv:2209.05433 for E4M3 and E5M2, and arXiv:2206.02915 for the variants without a
/// negative zero.
@Suite struct `An element type` {
  @Test(
    arguments: [
      (ElementType.float16, [0x00, 0x3C], 1), (.float16, [0xFF, 0x7B], 65504),
      (.float16, [0x01, 0x00], 0x1p-24), (.float16, [0x00, 0xFC], -.infinity),
      (.bfloat16, [0x80, 0x3F], 1), (.bfloat16, [0x49, 0xC0], -3.140625),
      (.bfloat16, [0x80, 0x7F], .infinity), (.bfloat16, [0x01, 0x00], 0x1p-133),
      (.float8e4m3fn, [0x7E], 448), (.float8e4m3fn, [0x38], 1), (.float8e4m3fn, [0x01], 0x1p-9),
      (.float8e4m3fn, [0x80], -0.0), (.float8e5m2, [0x7B], 57344), (.float8e5m2, [0x3C], 1),
      (.float8e5m2, [0x7C], .infinity), (.float8e5m2, [0x01], 0x1p-16),
      (.float8e4m3fnuz, [0x7F], 240), (.float8e4m3fnuz, [0x40], 1),
      (.float8e5m2fnuz, [0x7F], 57344), (.float8e5m2fnuz, [0x40], 1),
      (.float8e8m0fnu, [0x7F], 1), (.float8e8m0fnu, [0x00], 0x1p-127),
      (.float8e8m0fnu, [0xFE], 0x1p127), (.bool, [0], 0), (.bool, [1], 1), (.bool, [2], 1),
      (.int8, [0x80], -128), (.uint8, [0x80], 128), (.int16, [0xFE, 0xFF], -2),
      (.uint16, [0xFE, 0xFF], 65534), (.int32, [0xFF, 0xFF, 0xFF, 0xFF], -1),
      (.uint32, [0xFF, 0xFF, 0xFF, 0xFF], 4_294_967_295),
    ] as [(ElementType, [UInt8], Double)])
  func `decodes exactly`(type: ElementType, bytes: [UInt8], value: Double) {
    let decoded = type.values(of: bytes)
    #expect(decoded.map(\.bitPattern) == [value.bitPattern])
    #expect(bytes.count == type.size)
  }

  @Test(
    arguments: [
      (ElementType.float16, [0x01, 0x7C]), (.bfloat16, [0x81, 0x7F]), (.float8e4m3fn, [0x7F]),
      (.float8e4m3fn, [0xFF]), (.float8e5m2, [0x7D]), (.float8e4m3fnuz, [0x80]),
      (.float8e5m2fnuz, [0x80]), (.float8e8m0fnu, [0xFF]),
    ] as [(ElementType, [UInt8])])
  func `decodes NaN`(type: ElementType, bytes: [UInt8]) {
    #expect(type.values(of: bytes).allSatisfy { $0.isNaN })
  }
}
