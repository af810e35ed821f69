#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// What the system answered to a call, as a number of `errno`.
struct SystemError: Error {
  let code: Int32

  /// The reason in a sentence, and what to do about it where that is not plain.
  var sentence: String {
    switch code {
    case ENOENT: "there is no such file or directory"
    case EACCES, EPERM: "permission is denied; check the permissions of it and its directory"
    case EBADF: "it is not open for writing"
    case ENOTDIR: "a part of the path is a file and not a directory"
    case EISDIR: "it is a directory and not a file; name a file in it"
    case EEXIST, ENOTEMPTY: "something of that name is there already"
    case ELOOP: "its symbolic links lead in a loop; let the link name a file"
    case ENAMETOOLONG: "a name in the path is too long; choose a shorter one"
    case ENOSPC: "no space is left on the device"
    case EDQUOT: "the quota of the disk is used up"
    case EFBIG: "it would be larger than a file may be here (see ulimit -f)"
    case EROFS: "the file system can only be read"
    case EMFILE, ENFILE: "too many files are open"
    case ECANCELED: "the wait for another program, which has it locked, was ended"
    case EPIPE: "whoever read from it has stopped reading"
    case ENXIO: "nothing listens at its other end"
    case EBUSY: "it is in use by the system, as a mount point is; choose another place"
    case EXDEV:
      "the file system cannot move it in one step, as with a directory of a container's image;"
        + " choose another place"
    default: unsafe String(cString: strerror(code)).lowercased()
    }
  }
}

/// Calls the system until no signal interrupts the call. A negative result becomes an error.
@discardableResult
func system<Result: SignedInteger>(_ call: () -> Result) throws(SystemError) -> Result {
  while true {
    let result = call()
    if result >= 0 { return result }
    let code = errno
    if code != EINTR { throw SystemError(code: code) }
  }
}

/// A file or directory with which something could not be done.
package struct FileError: Error, CustomStringConvertible {
  /// The path as it was given.
  package let path: String
  /// The problem in a sentence.
  package let problem: String

  package init(_ path: String, _ problem: String) {
    self.path = path.isEmpty ? "\"\"" : path
    self.problem = problem
  }

  /// Path and problem in one line.
  package var description: String { path + ": " + problem }
}

/// Refuses a path that cannot name what the user meant.
func checkPath(_ path: String, names kind: String) throws(FileError) {
  if path.isEmpty { throw FileError(path, "the empty path names no \(kind)") }
  if path.utf8.contains(0) {
    let shown = path.split(separator: "\0", omittingEmptySubsequences: false)
    throw FileError(
      shown.joined(separator: "\\0"), "a path cannot hold a zero byte; it names no \(kind)")
  }
  // What Swift puts for bytes of an argument that are no text.
  if path.unicodeScalars.contains("\u{FFFD}") {
    throw FileError(path, "the path is not UTF-8 where it shows \u{FFFD}; rename the \(kind)")
  }
}
