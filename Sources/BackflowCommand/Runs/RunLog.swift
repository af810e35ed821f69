internal import Backflow
internal import BackflowFiles
internal import Foundation

/// What a run writes while it trains.
struct RunLog {
  private var metrics: JournalFile
  private let path: String

  /// Opens the metrics of a run. Only one program at a time can.
  init(_ folder: RunFolder) throws {
    path = folder.metricsPath
    metrics = try JournalFile(path)
  }

  /// The size of the metrics in bytes, which a checkpoint remembers.
  var size: Int { metrics.size }

  /// Removes what was written after a checkpoint.
  ///
  /// - Throws: `CommandError` if the metrics are shorter than they were.
  mutating func goBack(to size: Int) throws {
    guard metrics.size >= size else {
      throw CommandError(
        .data,
        "\(path): the file has \(metrics.size) bytes, and had \(size) at the last checkpoint; it was"
          + " changed, and the run cannot be continued")
    }
    try metrics.cut(to: size)
  }

  /// Adds a line.
  mutating func add(_ record: RunRecord) throws {
    try metrics.append(Array((try jsonLine(record) + "\n").utf8))
  }

  /// Waits until everything is on disk, before a checkpoint says so.
  func sync() throws { try metrics.sync() }
}
