import Backflow
import Testing

@Suite("CRC32C") struct CRC32CTests {
  /// RFC 3720, appendix B.4, which shows the bytes of a checksum, the lowest first.
  @Test func `agrees with the examples of iSCSI`() {
    let bytes: [UInt8] = Array(0..<32)
    #expect(crc32c([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
    #expect(crc32c([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
    #expect(crc32c(bytes) == 0x46dd_794e)
    #expect(crc32c(bytes.reversed()) == 0x113f_db5c)
    let command: [UInt8] = [
      0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0,
      0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
    ]
    #expect(crc32c(command) == 0xd996_3a56)
  }

  /// The check value of the catalog of parametrized CRC algorithms (CRC-32/ISCSI).
  @Test func `agrees with the check value`() {
    #expect(crc32c("123456789".utf8) == 0xe306_9283)
    #expect(crc32c([]) == 0)
  }
}
