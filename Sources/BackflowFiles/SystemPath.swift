#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

private let slash = UInt8(ascii: "/")
private let dot = UInt8(ascii: ".")

/// A path as the system represents it: bytes that are not necessarily valid text.
struct SystemPath: Hashable {
  let bytes: [UInt8]

  init(_ text: String) { bytes = Array(text.utf8) }
  init(bytes: [UInt8]) { self.bytes = bytes }

  /// The bytes with a terminating zero, as for system calls.
  var terminated: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

  /// Returns the path of `name` in this directory.
  func appending(_ name: [UInt8]) -> SystemPath {
    SystemPath(bytes: bytes + (bytes.last == slash ? [] : [slash]) + name)
  }

  /// The parent directory and the last component, without trailing slashes and `/.`.
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

  /// Returns the path after symbolic links are followed: that of a file, the target of a dangling
  /// link, or the path itself.
  func followed() throws(SystemError) -> SystemPath {
    if let real = try real() { return real }
    var current = self
    for _ in 0..<40 {
      guard let next = current.linked else { return current }
      current = next
    }
    throw SystemError(code: ELOOP)
  }

  /// Returns the absolute path without symbolic links, or `nil` if the file does not exist.
  func real() throws(SystemError) -> SystemPath? {
    guard let resolved = unsafe realpath(terminated, nil) else {
      let code = errno
      if code == ENOENT { return nil }
      throw SystemError(code: code)
    }
    defer { unsafe free(resolved) }
    return unsafe SystemPath(bytes: bytesOfText(resolved))
  }

  /// The target of the symbolic link at this path, or `nil` if it is not a link.
  private var linked: SystemPath? {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(terminated, &target, target.count)
    guard count > 0 else { return nil }
    let bytes = target.prefix(count).map { UInt8(bitPattern: $0) }
    return bytes.first == slash ? SystemPath(bytes: bytes) : split.parent.appending(bytes)
  }

  /// The open descriptor of this process that the path refers to, such as `/dev/fd/3` or a link to
  /// it.
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

/// Returns the bytes of a C string, without the terminating zero.
func bytesOfText(_ text: UnsafePointer<CChar>) -> [UInt8] {
  let count = unsafe strlen(text)
  return unsafe UnsafeBufferPointer(start: text, count: count).map { UInt8(bitPattern: $0) }
}

/// Returns the path of `name` in the directory `parent` for messages.
package func joined(_ parent: String, _ name: String) -> String {
  parent.utf8.last == slash ? parent + name : parent + "/" + name
}
