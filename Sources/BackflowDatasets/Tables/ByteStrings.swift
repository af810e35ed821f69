/// Texts in one array of bytes: a text takes its bytes and 8 more, where a `String` takes 16 and
/// often an allocation.
struct ByteStrings: Sendable, Equatable {
  private(set) var bytes: [UInt8] = []
  private var ends: [Int] = []

  /// The number of texts.
  var count: Int { ends.count }

  /// The bytes of a text.
  @inline(__always)
  func range(_ index: Int) -> Range<Int> {
    (index == 0 ? 0 : ends[index - 1])..<ends[index]
  }

  subscript(index: Int) -> String {
    String(decoding: bytes[range(index)], as: UTF8.self)
  }

  mutating func append(_ text: Span<UInt8>) {
    for index in text.indices { bytes.append(text[index]) }
    ends.append(bytes.count)
  }

  /// Returns whether a text has these bytes.
  @inline(__always)
  func isEqual(_ index: Int, to text: Span<UInt8>) -> Bool {
    let range = range(index)
    guard range.count == text.count else { return false }
    for offset in text.indices where bytes[range.lowerBound + offset] != text[offset] {
      return false
    }
    return true
  }
}

/// Distinct texts, numbered in the order of their first appearance: a hash table with open
/// addressing over `ByteStrings`.
struct ByteStringIndex {
  private(set) var strings = ByteStrings()
  /// The numbers of the texts by hash, and −1 for no text. At least half are free.
  private var slots = [Int32](repeating: -1, count: 16)
  /// Differs in each process, so that no file can be made whose texts all collide.
  private let seed = UInt64.random(in: 0...UInt64.max)

  /// Returns the number of a text, or `nil` if it has not been added.
  @inline(__always)
  func number(of text: Span<UInt8>) -> Int32? {
    let number = slots[slot(of: text)]
    return number < 0 ? nil : number
  }

  /// Adds a text that has not been added, and returns its number.
  ///
  /// - Precondition: There are fewer than 2³¹ − 1 texts.
  mutating func add(_ text: Span<UInt8>) -> Int32 {
    let number = Int32(strings.count)
    slots[slot(of: text)] = number
    strings.append(text)
    if 2 * strings.count > slots.count { grow() }
    return number
  }

  /// The slot of a text, which is free if the text has not been added.
  @inline(__always)
  private func slot(of text: Span<UInt8>) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash(text)) & mask
    while slots[slot] >= 0, !strings.isEqual(Int(slots[slot]), to: text) {
      slot = (slot + 1) & mask
    }
    return slot
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: 4 * slots.count)
    let all = strings.bytes
    for number in 0..<strings.count {
      slots[slot(of: all.span.extracting(strings.range(number)))] = Int32(number)
    }
  }

  /// A multiplicative hash with a final mixing of the bits, as in SplitMix64.
  @inline(__always)
  private func hash(_ text: Span<UInt8>) -> UInt64 {
    var hash = seed
    for index in text.indices { hash = (hash ^ UInt64(text[index])) &* 0x9E37_79B9_7F4A_7C15 }
    hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
    return hash ^ (hash >> 31)
  }
}
