internal import Backflow
internal import BackflowConsole
internal import BackflowFiles
internal import Foundation

/// What the user has said of a run that is continued, where silence means "as before".
struct StatedSettings {
  let epochs, patience, threads: Int?
}

extension RunFolder {
  /// Prepares the folder for a training.
  ///
  /// - Parameters:
  ///   - configuration: The configuration that the options describe. If the run is continued, it
  ///     becomes that of the run with what may change.
  ///   - stated: What the user has said.
  ///   - options: Whether a run is continued or replaced.
  /// - Returns: The open metrics, and the checkpoint to continue from, or `nil` to begin.
  func begin(
    _ configuration: inout RunConfiguration, _ stated: StatedSettings, _ options: RunOptions
  ) throws -> (log: RunLog, checkpoint: Checkpoint?) {
    try makeFolder(path)
    if !options.replace { try checkForeignFiles() }
    // From here on, no other program trains this run.
    var log = try RunLog(self)
    if options.resume, hasConfiguration {
      try adopt(&configuration, stated)
      if hasCheckpoint { return (log, try checkpoint()) }
      complain("\(path): there is no checkpoint yet; the training begins anew")
    } else if options.resume {
      complain("\(path): there is no run yet; the training begins")
    } else if hasConfiguration {
      guard options.replace else {
        throw CommandError(
          .cannotCreate,
          "\(path): there is a run already; continue it with --resume, or remove it with --replace")
      }
    }
    // The checkpoint first, because it must not be continued with another configuration.
    for file in [checkpointPath, reportPath] + events
    where FileManager.default.fileExists(atPath: file) {
      try FileManager.default.removeItem(atPath: file)
    }
    try log.goBack(to: 0)
    try save(configuration)
    return (log, nil)
  }

  /// Writes the configuration.
  func save(_ configuration: RunConfiguration) throws {
    try write(json(configuration), to: configurationPath)
  }

  /// Refuses a directory with files of these names that do not belong to a run.
  private func checkForeignFiles() throws {
    guard !hasConfiguration else { return }
    let size =
      FileManager.default.fileExists(atPath: metricsPath)
      ? try InputFile(metricsPath).size : 0
    guard !hasCheckpoint, size == 0 else {
      throw CommandError(
        .cannotCreate,
        "\(path): there are metrics or a checkpoint without a configuration; choose another"
          + " directory, or remove them with --replace")
    }
  }

  /// Takes over what the run was begun with, and refuses other settings.
  private func adopt(_ configuration: inout RunConfiguration, _ stated: StatedSettings) throws {
    let saved = try self.configuration()
    if stated.epochs == nil { configuration.training.epochs = saved.training.epochs }
    if stated.patience == nil { configuration.training.patience = saved.training.patience }
    if stated.threads == nil { configuration.training.threads = saved.training.threads }
    let differences = try configuration.differences(from: saved)
    guard differences.isEmpty else {
      throw CommandError(
        .data,
        "\(path): the run was begun with other settings: "
          + differences.prefix(3).joined(separator: "; "))
    }
    let (before, now) = (saved.training.epochs, configuration.training.epochs)
    if now != before, configuration.training.schedule == .cosine {
      complain(
        "the learning rate now falls over \(now) epochs instead of \(before), so that the result is"
          + " not that of a training that began with --epochs \(now)")
    }
  }

  /// The files for TensorBoard.
  private var events: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasPrefix("events.out.tfevents.") }.map { joined(path, $0) }
  }
}
