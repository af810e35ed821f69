import BackflowFiles
import Foundation
import TestSupport

extension TemporaryDirectory {
  /// Creates directories and files with these contents; a name with a trailing slash is a
  /// directory.
  func make(_ entries: [String: String]) throws {
    for (name, text) in entries {
      let folder =
        name.hasSuffix("/") ? file(name) : (file(name) as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      if !name.hasSuffix("/") { try Data(text.utf8).write(to: URL(fileURLWithPath: file(name))) }
    }
  }

  /// All files with their text, and all links with an arrow and their targets, except the lists of
  /// saved files.
  func tree() throws -> [String: String] {
    var tree: [String: String] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path)
    where (name as NSString).lastPathComponent != ".backflow-files" {
      if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: file(name)) {
        tree[name] = "→ " + target
      } else if let data = FileManager.default.contents(atPath: file(name)) {
        tree[name] = String(decoding: data, as: UTF8.self)
      }
    }
    return tree
  }
}

/// Replaces the directory at `path` by one whose files contain `text`.
func replace(
  _ path: String, _ names: [String], with text: String, exchanges: Bool = true
) throws(FileError) {
  try FolderReplacement.write(to: path, files: names, exchanges: exchanges) {
    _, writer throws(FileError) in
    try writer.write(Array(text.utf8))
  }
}
