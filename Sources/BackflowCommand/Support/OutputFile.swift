internal import BackflowFiles
internal import Foundation

/// Writes `text` to the file at `path`, completely or not at all. Links, pipes, and devices are
/// supported.
///
/// - Throws: `FileError` if the file cannot be written.
func write(_ text: String, to path: String) throws(FileError) {
  let wait = LockWait(for: path)
  try WholeFile.write(to: path, whileLocked: wait.goesOn) { file throws(FileError) in
    try file.write(Array(text.utf8))
  }
}

/// Creates the directory at `path` and its parents if they do not exist.
///
/// - Throws: `FileError` if a directory cannot be created.
func makeFolder(_ path: String) throws(FileError) { try WholeFile.makeFolder(path) }

/// Returns `value` as JSON with sorted keys. Non-finite numbers become strings.
func json(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
