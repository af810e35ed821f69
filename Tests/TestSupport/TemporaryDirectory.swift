import Foundation

/// A directory for one test, which is removed with its contents afterwards.
public struct TemporaryDirectory: ~Copyable {
  /// The absolute path.
  public let path: String

  /// Creates an empty directory.
  public init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("backflow-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of the entry `name`.
  public func file(_ name: String) -> String { path + "/" + name }

  /// Writes the file `name` and returns its path.
  public func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  /// The names of its entries in order, including hidden files but not the list of saved files.
  public func contents(_ subdirectory: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: file(subdirectory))
      .filter { $0 != ".backflow-files" }.sorted()
  }
}

/// Calls `body` with an empty directory, which is removed afterwards.
public func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let directory = try TemporaryDirectory()
  return try body(URL(fileURLWithPath: directory.path))
}
