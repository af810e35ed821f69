internal import ArgumentParser
internal import Backflow
internal import BackflowConsole
internal import BackflowFiles
internal import Foundation

/// Trains the network of a configuration, or continues its run, and reports the result.
///
/// - Parameters:
///   - data: The data of the task.
///   - configuration: The configuration that the options describe.
///   - options: What is printed and saved.
/// - Throws: `ExitCode`, after a message, if the training diverges or is interrupted.
func train(
  on data: TaskData, _ configuration: RunConfiguration, _ options: RunOptions
) throws {
  var configuration = configuration
  let folder = options.save.map { RunFolder(path: $0) }
  var (log, checkpoint): (RunLog?, Checkpoint?) = (nil, nil)
  if let folder {
    try makeFolder(folder.path)
    // From here on, no other program trains this run.
    log = try RunLog(folder)
    checkpoint = try folder.begin(&configuration, options)
    if checkpoint == nil { try log?.goBack(to: 0) }
  }
  Threads.count = configuration.training.threads
  var random = RandomSource(seed: configuration.training.seed)
  let network = configuration.network.network(using: &random)
  if !options.quiet { say("\(data.summary); \(network.parameterCount) parameters") }
  try train(
    configuration, data, options, folder, log, checkpoint, network,
    configuration.training.optimizer(for: network))
}

private func train<Rule: Optimizer<Float>>(
  _ configuration: RunConfiguration, _ data: TaskData, _ options: RunOptions,
  _ folder: RunFolder?, _ log: RunLog?, _ checkpoint: Checkpoint?, _ network: Sequential<Float>,
  _ optimizer: Rule
) throws {
  var run = TrainingRun<Rule>(configuration, data, options, in: folder, log: log)
  var trainer = run.training(of: network, optimizer)
  if let checkpoint {
    try run.restore(&trainer, checkpoint)
    if !options.quiet { say("continued after \(trainer.optimizer.step) updates") }
  }
  try run.beginEvents(after: checkpoint == nil ? nil : trainer.optimizer.step)
  try run.finish(&trainer)
  let result = try trainer.bestModel.measured(
    on: data.validation, data.preprocessing, classes: data.classes)
  if let measurement = result.measurement { say("held out: \(measurement.description)") }
  if let monitor = trainer.monitor, !monitor.alarms.isEmpty { complain("\(monitor)") }
  if let folder {
    try write(SavedRun(folder.path).report().html, to: folder.reportPath)
    if !options.quiet { say("the run is in \(folder.path), its report in \(folder.reportPath)") }
  }
}

extension RunFolder {
  /// Prepares the folder for a run.
  ///
  /// - Parameter configuration: The configuration that the options describe; that of the run, if it
  ///   is continued.
  /// - Returns: The checkpoint to continue from, or `nil` to begin.
  fileprivate func begin(
    _ configuration: inout RunConfiguration, _ options: RunOptions
  ) throws -> Checkpoint? {
    if options.resume, hasConfiguration {
      let saved = try self.configuration()
      configuration.training.threads = saved.training.threads
      let differences = try configuration.differences(from: saved)
      guard differences.isEmpty else {
        throw CommandError(
          .data,
          "\(path): the run was begun with other settings: "
            + differences.prefix(3).joined(separator: "; "))
      }
      try write(json(configuration), to: configurationPath)
      if hasCheckpoint { return try checkpoint() }
      complain("\(path): there is no checkpoint yet; the training begins anew")
      return nil
    }
    if options.resume {
      complain("\(path): there is no run yet; the training begins")
    } else if hasConfiguration {
      guard options.replace else {
        throw CommandError(
          .cannotCreate,
          "\(path): there is a run already; continue it with --resume, or remove it with --replace")
      }
      // The checkpoint first, because it must not be continued with another configuration.
      for file in [checkpointPath, reportPath] + events
      where FileManager.default.fileExists(atPath: file) {
        try FileManager.default.removeItem(atPath: file)
      }
    }
    try write(json(configuration), to: configurationPath)
    return nil
  }

  /// The files for TensorBoard.
  private var events: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasPrefix("events.out.tfevents.") }.map { joined(path, $0) }
  }
}
