#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A new file that grows by whole pieces, while others may read it.
package struct GrowingFile: ~Copyable {
  /// The path for messages.
  package let path: String
  private let writer: FileWriter
  private var length = 0

  /// Creates an empty file in the directory at `directory`, which exists.
  ///
  /// - Returns: `nil` if the directory has an entry of this name.
  /// - Throws: `FileError` if it cannot be created.
  package init?(named name: String, in directory: String) throws(FileError) {
    let path = joined(directory, name)
    try checkPath(path, names: "file")
    do {
      let file = try Folder(SystemPath(directory)).makeFile(EntryName(name))
      (self.path, writer) = (path, FileWriter(path: path, file: file))
    } catch {
      if error.code == EEXIST { return nil }
      throw FileError(path, "cannot be written: \(error.sentence)")
    }
  }

  /// Adds bytes at the end.
  ///
  /// - Throws: `FileError`. The file then ends where it did before, so that the bytes can be added
  ///   again.
  package mutating func append(_ bytes: [UInt8]) throws(FileError) {
    do {
      try writer.write(bytes)
    } catch {
      // What was written of the bytes is removed, and replaced by the next ones in any case.
      _ = ftruncate(writer.file.descriptor, off_t(length))
      lseek(writer.file.descriptor, off_t(length), SEEK_SET)
      throw error
    }
    length += bytes.count
  }
}
