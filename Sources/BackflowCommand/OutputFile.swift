internal import BackflowFiles
internal import Foundation

/// Writes `text` to the file at `path`, whole or not at all; through a link, a pipe or a device.
///
/// - Throws: `FileError`.
func write(_ text: String, to path: String) throws(FileError) {
  let wait = LockWait(for: path)
  try WholeFile.write(to: path, whileLocked: wait.goesOn) { file throws(FileError) in
    try file.write(Array(text.utf8))
  }
}

/// Makes the folder at `path`, and those above it, if they are not there.
///
/// - Throws: `FileError`.
func makeFolder(_ path: String) throws(FileError) { try WholeFile.makeFolder(path) }

/// `value` as JSON, with its keys in order. What is not finite becomes a string.
func json(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
