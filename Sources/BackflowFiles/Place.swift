#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Where a path leads after its symbolic links are followed: a name in a directory.
struct Place {
  /// The directory, as an absolute path without links.
  let parent: String
  let name: EntryName

  /// - Throws: `SystemError`, also if the directory above is not there.
  init(_ path: String) throws(SystemError) {
    let (parent, name) = split(try Place.followed(path))
    guard let above = try Place.real(parent) else { throw SystemError(code: ENOENT) }
    // The root has no name.
    if name.isEmpty { throw SystemError(code: EBUSY) }
    (self.parent, self.name) = (above, EntryName(name))
  }

  /// A name beside this one for what is not finished. A save of the same place finds it again.
  func sibling(_ suffix: String) -> EntryName {
    let text = name.text
    // A name of up to 255 bytes may be too long with a suffix.
    let short = text.utf8.count <= 200 ? text : String(hash(text.utf8), radix: 16)
    return EntryName("." + short + ".backflow-" + suffix)
  }

  /// The path of what is there, or that a dangling link names, or `path` itself.
  private static func followed(_ path: String) throws(SystemError) -> String {
    if let real = try real(path) { return real }
    var current = path
    for _ in 0..<40 {
      guard let target = target(ofLink: current) else { return current }
      current = target.hasPrefix("/") ? target : joined(split(current).parent, target)
    }
    throw SystemError(code: ELOOP)
  }

  /// `path` as an absolute one without links; `nil` if there is nothing.
  private static func real(_ path: String) throws(SystemError) -> String? {
    guard let resolved = unsafe realpath(path, nil) else {
      let code = errno
      if code == ENOENT { return nil }
      throw SystemError(code: code)
    }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  private static func target(ofLink path: String) -> String? {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(path, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// `name` under the directory `parent`.
package func joined(_ parent: String, _ name: String) -> String {
  parent.hasSuffix("/") ? parent + name : parent + "/" + name
}

/// The directory and the name of a path, of which slashes at the end and `/.` are no part.
func split(_ path: String) -> (parent: String, name: String) {
  var path = Substring(path)
  while path.count > 1, path.hasSuffix("/") || path.hasSuffix("/.") { path.removeLast() }
  guard let slash = path.lastIndex(of: "/") else { return (".", String(path)) }
  let parent = path[..<slash]
  return (parent.isEmpty ? "/" : String(parent), String(path[path.index(after: slash)...]))
}

/// Makes the directory at `path` and those above it that are missing. Returns those it made, the
/// uppermost first.
@discardableResult
func makeFolders(_ path: String) throws(SystemError) -> [String] {
  if let status = try FileStatus.at(path) {
    guard status.kind == .folder else { throw SystemError(code: ENOTDIR) }
    return []
  }
  let (parent, _) = split(path)
  let above = parent == path ? [] : try makeFolders(parent)
  do {
    try system { unsafe mkdir(path, 0o777) }
  } catch {
    // Somebody else was faster.
    guard error.code == EEXIST, try FileStatus.at(path)?.kind == .folder else {
      removeFolders(above)
      throw error
    }
    return above
  }
  return above + [path]
}

/// Removes those of the directories that are empty, the lowest of which is the last.
func removeFolders(_ paths: [String]) {
  for path in paths.reversed() { _ = unsafe rmdir(path) }
}

/// FNV-1a, so that the same text has the same number in every process.
private func hash(_ bytes: String.UTF8View) -> UInt64 {
  bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
