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
  /// By hash, the hash of a text above its number, or `free`. At least half are free. With the
  /// hash, a text is hardly ever compared with another one.
  private var slots = [UInt64](repeating: free, count: 16)
  private static var free: UInt64 { .max }
  /// Differs in each process, so that no file can be made whose texts all collide.
  private let seed = UInt64.random(in: 0...UInt64.max)

  /// Where a text is, or where it would be added.
  struct Place {
    fileprivate let slot: Int
    fileprivate let hash: UInt64
    /// The number of the text, or `nil` if it has not been added.
    let number: Int32?
  }

  @inline(__always)
  func place(of text: Span<UInt8>) -> Place {
    let (hash, mask) = (hash(text), slots.count - 1)
    var slot = Int(hash) & mask
    while true {
      let entry = slots[slot]
      if entry == Self.free { return Place(slot: slot, hash: hash, number: nil) }
      let number = Int32(truncatingIfNeeded: entry)
      if entry >> 32 == hash, strings.isEqual(Int(number), to: text) {
        return Place(slot: slot, hash: hash, number: number)
      }
      slot = (slot + 1) & mask
    }
  }

  /// Adds a text at its place, at which there is none, and returns its number.
  ///
  /// - Precondition: There are fewer than 2³¹ − 1 texts.
  mutating func add(_ text: Span<UInt8>, at place: Place) -> Int32 {
    let number = Int32(strings.count)
    slots[place.slot] = place.hash << 32 | UInt64(number)
    strings.append(text)
    if 2 * strings.count > slots.count { grow() }
    return number
  }

  /// Returns the number of a text, which is added if it has not been.
  mutating func number(adding text: Span<UInt8>) -> Int32 {
    let place = place(of: text)
    return place.number ?? add(text, at: place)
  }

  private mutating func grow() {
    let entries = slots
    slots = [UInt64](repeating: Self.free, count: 2 * entries.count)
    let mask = slots.count - 1
    for entry in entries where entry != Self.free {
      var slot = Int(entry >> 32) & mask
      while slots[slot] != Self.free { slot = (slot + 1) & mask }
      slots[slot] = entry
    }
  }

  /// A multiplicative hash of words of 8 bytes, with a final mixing of the bits, as in SplitMix64:
  /// 32 bits of it.
  @inline(__always)
  private func hash(_ text: Span<UInt8>) -> UInt64 {
    var hash = seed ^ UInt64(text.count)
    var start = 0
    while start < text.count {
      var word: UInt64 = 0
      for index in start..<min(start + 8, text.count) { word = word << 8 | UInt64(text[index]) }
      hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 32
      start += 8
    }
    hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
    return hash >> 32
  }
}
