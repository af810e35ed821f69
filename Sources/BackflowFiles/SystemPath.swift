#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

private let slash = UInt8(ascii: "/")
private let dot = UInt8(ascii: ".")

/// A path as the system has it: bytes, which need not be text.
struct SystemPath: Hashable {
  let bytes: [UInt8]

  init(_ text: String) { bytes = Array(text.utf8) }
  init(bytes: [UInt8]) { self.bytes = bytes }

  /// As the system's calls take it.
  var terminated: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

  /// `name` under this directory.
  func appending(_ name: [UInt8]) -> SystemPath {
    SystemPath(bytes: bytes + (bytes.last == slash ? [] : [slash]) + name)
  }

  /// The directory and the name, of which slashes at the end and `/.` are no part.
  var split: (parent: SystemPath, name: [UInt8]) {
    var path = bytes[...]
    while path.count > 1, path.last == slash || path.suffix(2) == [slash, dot] {
      path.removeLast()
    }
    guard let last = path.lastIndex(of: slash) else {
      return (SystemPath(bytes: [dot]), Array(path))
    }
    let parent = path[..<last]
    return (SystemPath(bytes: parent.isEmpty ? [slash] : Array(parent)), Array(path[(last + 1)...]))
  }

  /// The path of what is there, or that a dangling link names, or the path itself.
  func followed() throws(SystemError) -> SystemPath {
    if let real = try real() { return real }
    var current = self
    for _ in 0..<40 {
      guard let next = current.linked else { return current }
      current = next
    }
    throw SystemError(code: ELOOP)
  }

  /// As an absolute path without links; `nil` if there is nothing.
  func real() throws(SystemError) -> SystemPath? {
    guard let resolved = unsafe realpath(terminated, nil) else {
      let code = errno
      if code == ENOENT { return nil }
      throw SystemError(code: code)
    }
    defer { unsafe free(resolved) }
    return unsafe SystemPath(bytes: bytesOfText(resolved))
  }

  /// Where the path leads by one symbolic link; `nil` if it names none.
  private var linked: SystemPath? {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(terminated, &target, target.count)
    guard count > 0 else { return nil }
    let bytes = target.prefix(count).map { UInt8(bitPattern: $0) }
    return bytes.first == slash ? SystemPath(bytes: bytes) : split.parent.appending(bytes)
  }

  /// The open descriptor of this process that the path names, as `/dev/fd/3` and links to it do.
  var descriptor: Int32? {
    var current = self
    for _ in 0..<40 {
      let (parent, name) = current.split
      if let number = Int32(String(decoding: name, as: UTF8.self)), number >= 0,
        let real = try? parent.real(), real.holdsOwnDescriptors
      {
        return number
      }
      guard let next = current.linked else { return nil }
      current = next
    }
    return nil
  }

  private var holdsOwnDescriptors: Bool {
    let path = String(decoding: bytes, as: UTF8.self)
    let own = "/proc/\(getpid())/"
    let isOfThread = path.hasPrefix(own + "task/") && path.hasSuffix("/fd")
    return path == "/dev/fd" || path == own + "fd" || isOfThread
  }
}

/// The bytes of a string of C, without the zero.
func bytesOfText(_ text: UnsafePointer<CChar>) -> [UInt8] {
  let count = unsafe strlen(text)
  return unsafe UnsafeBufferPointer(start: text, count: count).map { UInt8(bitPattern: $0) }
}

/// `name` under the directory `parent`, as a message shows it.
package func joined(_ parent: String, _ name: String) -> String {
  parent.utf8.last == slash ? parent + name : parent + "/" + name
}
