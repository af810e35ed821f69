internal import Foundation

/// A file that the program was to write and could not.
struct UnwritableFile: Error, CustomStringConvertible {
  let path: String
  let reason: String

  var description: String { "\(path): cannot be written: \(reason)" }
}

/// Writes `text` to the file at `path`, whole or not at all.
///
/// - Throws: `UnwritableFile`.
func write(_ text: String, to path: String) throws(UnwritableFile) {
  do {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
  } catch {
    throw UnwritableFile(path: path, reason: error.localizedDescription)
  }
}

/// Makes the folder at `path`, and those above it, if they are not there.
///
/// - Throws: `UnwritableFile`.
func makeFolder(_ path: String) throws(UnwritableFile) {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw UnwritableFile(path: path, reason: error.localizedDescription)
  }
}

/// `value` as JSON, with its keys in order. What is not finite becomes a string.
func json(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
