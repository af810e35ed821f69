internal import Backflow
internal import BackflowFiles
internal import Foundation

/// What a run writes while it trains: its metrics, and the same for TensorBoard.
struct RunLog {
  private var metrics: JournalFile
  private let folder: RunFolder
  private var events: TensorBoardLog?

  /// Opens the metrics of a run. Only one program at a time can.
  init(_ folder: RunFolder) throws {
    self.folder = folder
    metrics = try JournalFile(folder.metricsPath)
  }

  /// Begins a file for TensorBoard.
  ///
  /// - Parameter step: The number of updates of the checkpoint from which the run is continued.
  ///   TensorBoard drops what was written after it.
  mutating func beginEvents(after step: Int?) throws {
    events = try TensorBoardLog(in: folder.path, from: step.map { $0 + 1 })
  }

  /// The size of the metrics in bytes, which a checkpoint remembers.
  var size: Int { metrics.size }

  /// Removes what was written after a checkpoint.
  ///
  /// - Throws: `CommandError` if the metrics are shorter than they were.
  mutating func goBack(to size: Int) throws {
    guard size >= 0, metrics.size >= size else {
      throw CommandError(
        .data,
        "\(folder.metricsPath): the file has \(metrics.size) bytes, and had \(size) at the last checkpoint; it was"
          + " changed, and the run cannot be continued")
    }
    try metrics.cut(to: size)
  }

  /// Adds a line.
  mutating func add(_ record: RunRecord) throws {
    try metrics.append(Array((try jsonLine(record) + "\n").utf8))
    let step = record.step
    switch record.type {
    case .update:
      add(record.loss, "update/loss", step)
      add(record.gradientNorm, "update/gradient_norm", step)
      add(record.learningRate, "update/learning_rate", step)
    case .epoch:
      add(record.loss, "training/loss", step)
      for (name, value) in (record.validation ?? [:]).sorted(by: { $0.key < $1.key }) {
        add(value, "validation/" + name, step)
      }
    case .profile:
      for layer in record.profile?.layers ?? [] {
        add(layer.parameters, "gradient_norm/" + layer.name, step)
      }
    case .finding: break
    }
  }

  /// Adds histograms of the parameters, for TensorBoard.
  func addHistograms(of network: Sequential<Float>, at step: Int) {
    network.readParameters(under: "parameters/") { name, parameter in
      events?.addHistogram(of: parameter, named: name, at: step)
    }
  }

  private func add(_ value: Double?, _ tag: String, _ step: Int) {
    if let value { events?.add(value, named: tag, at: step) }
  }

  /// Waits until everything is on disk, before a checkpoint says so.
  func sync() throws {
    try metrics.sync()
    try events?.flush()
  }
}
