import Backflow
import Testing

@Suite("An event of TensorBoard") struct TensorBoardEventTests {
  /// A field begins with its number times 8, plus 0 for a number of variable length, 1 for eight
  /// bytes, 2 for counted bytes, and 5 for four bytes.
  private let wallTimeOfOne: [UInt8] = [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]

  private func bytes(_ content: TensorBoardEvent.Content, at step: Int) -> [UInt8] {
    TensorBoardEvent(wallTime: 1, step: step, content).bytes
  }

  @Test func `with the version has field 3`() {
    #expect(bytes(.version, at: 0) == wallTimeOfOne + [0x1a, 13] + Array("brain.Event:2".utf8))
  }

  @Test func `with the start of a process has a message with the status 1 in field 7`() {
    // 300 is 2 · 128 + 44.
    #expect(bytes(.start, at: 300) == wallTimeOfOne + [0x10, 0xac, 0x02, 0x3a, 2, 0x08, 1])
  }

  @Test func `with a scalar has the tag and four bytes`() {
    let value: [UInt8] = [0x0a, 1, UInt8(ascii: "a"), 0x15, 0, 0, 0x40, 0xbf]  // -0.75
    let summary = [0x0a, UInt8(value.count)] + value
    #expect(
      bytes(.scalar(-0.75, tag: "a"), at: 7)
        == wallTimeOfOne + [0x10, 7, 0x2a, UInt8(summary.count)] + summary)
  }

  @Test func `at a negative step has all 64 bits of its number`() {
    let start = bytes(.start, at: -1)
    #expect(Array(start[9..<21]) == [0x10] + [UInt8](repeating: 0xff, count: 9) + [1, 0x3a])
  }

  @Test func `with a histogram has its sums and its buckets`() throws {
    // One bucket, which 0 and half its limit are in.
    let histogram = TensorBoardHistogram(of: [0, 5e-13])
    func field(_ key: UInt8, _ number: Double) -> [UInt8] {
      [key] + (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * UInt64($0))) }
    }
    let message =
      field(0x09, 0) + field(0x11, 5e-13) + field(0x19, 2) + field(0x21, 5e-13)
      + field(0x29, 5e-13 * 5e-13) + [0x32] + field(8, 1e-12) + [0x3a] + field(8, 2)
    let value = [0x0a, 1, UInt8(ascii: "w"), 0x2a, UInt8(message.count)] + message
    let summary = [0x0a, UInt8(value.count)] + value
    #expect(
      bytes(.histogram(histogram, tag: "w"), at: 0)
        == wallTimeOfOne + [0x2a, UInt8(summary.count)] + summary)
  }
}
