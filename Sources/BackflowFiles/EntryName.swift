/// The name of a directory's entry, which need not be text.
struct EntryName: Hashable {
  /// With the zero byte at the end, as the system's calls take it.
  let terminated: [CChar]

  init(_ name: String) { self.init(bytes: Array(name.utf8)) }
  init(bytes: [UInt8]) { terminated = bytes.map { CChar(bitPattern: $0) } + [0] }

  /// Without the zero byte.
  var bytes: [UInt8] { terminated.dropLast().map { UInt8(bitPattern: $0) } }

  /// As a message shows it.
  var text: String { String(decoding: bytes, as: UTF8.self) }
}
