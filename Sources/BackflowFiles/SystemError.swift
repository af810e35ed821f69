#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// An error of a system call, with its `errno`.
struct SystemError: Error {
  let code: Int32

  /// The reason as a sentence, with a remedy if it is not obvious.
  var sentence: String {
    switch code {
    case ENOENT: "the file or directory does not exist"
    case EACCES, EPERM:
      "permission is denied; check the permissions of the file and of its directory"
    case EBADF: "it is not open for writing"
    case ENOTDIR: "a component of the path is not a directory"
    case EISDIR: "it is a directory, not a file; choose a file in it"
    case EEXIST, ENOTEMPTY: "a file of that name already exists"
    case ELOOP: "its symbolic links form a loop; remove the loop"
    case ENAMETOOLONG: "a name in the path is too long; choose a shorter one"
    case ENOSPC: "no space is left on the device"
    case EDQUOT: "the disk quota is exceeded"
    case EFBIG: "it would exceed the limit on file sizes (see ulimit -f)"
    case EROFS: "the file system is read-only"
    case EMFILE, ENFILE: "too many files are open"
    case ECANCELED: "it is locked by another program, and the wait for it was ended"
    case EPIPE: "the reader has closed it"
    case ENXIO: "its other end is not open for reading"
    case EBUSY: "it is in use by the system, for example as a mount point; choose another path"
    case EXDEV:
      "the file system cannot move it atomically, as with a directory of a container image;"
        + " choose another path"
    default: unsafe String(cString: strerror(code)).lowercased()
    }
  }
}

/// Calls the system, again if a signal interrupts the call. A negative result is thrown as an
/// error.
@discardableResult
func system<Result: SignedInteger>(_ call: () -> Result) throws(SystemError) -> Result {
  while true {
    let result = call()
    if result >= 0 { return result }
    let code = errno
    if code != EINTR { throw SystemError(code: code) }
  }
}

/// An error in an operation on a file or directory.
package struct FileError: Error, CustomStringConvertible {
  /// The path, as given by the caller.
  package let path: String
  /// The problem, as a sentence.
  package let problem: String

  package init(_ path: String, _ problem: String) {
    self.path = path.isEmpty ? "\"\"" : path
    self.problem = problem
  }

  /// The path and the problem, in one line.
  package var description: String { path + ": " + problem }
}

/// Throws an error for a path that cannot be what the user intended.
func checkPath(_ path: String, names kind: String) throws(FileError) {
  if path.isEmpty { throw FileError(path, "an empty path is not the name of a \(kind)") }
  if path.utf8.contains(0) {
    let shown = path.split(separator: "\0", omittingEmptySubsequences: false)
    throw FileError(
      shown.joined(separator: "\\0"), "a path with a zero byte is not the name of a \(kind)")
  }
  // Swift's replacement for the bytes of an argument that are not valid text.
  if path.unicodeScalars.contains("\u{FFFD}") {
    throw FileError(path, "the path is not valid UTF-8 at \u{FFFD}; rename the \(kind)")
  }
}
