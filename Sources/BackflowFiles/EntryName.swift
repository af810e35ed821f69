/// The name of a directory entry, which is not necessarily valid text.
struct EntryName: Hashable {
  /// The bytes with a terminating zero, as for system calls.
  let terminated: [CChar]

  init(_ name: String) { self.init(bytes: Array(name.utf8)) }
  init(bytes: [UInt8]) { terminated = bytes.map { CChar(bitPattern: $0) } + [0] }

  /// The bytes without the terminating zero.
  var bytes: [UInt8] { terminated.dropLast().map { UInt8(bitPattern: $0) } }

  /// The name for messages.
  var text: String { String(decoding: bytes, as: UTF8.self) }
}
