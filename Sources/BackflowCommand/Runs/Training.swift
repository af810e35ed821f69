internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

/// Trains the network of a configuration, or continues its run, and reports the result.
///
/// - Parameters:
///   - data: The data of the task.
///   - configuration: The configuration that the options describe.
///   - stated: Settings that a run keeps if the user does not say them.
///   - options: What is printed and saved.
/// - Throws: `ExitCode`, after a message, if the training diverges or is interrupted.
func train(
  on data: TaskData, _ configuration: RunConfiguration, _ stated: StatedSettings,
  _ options: RunOptions
) throws {
  var configuration = configuration
  let folder = options.save.map { RunFolder(path: $0) }
  let start = try folder?.begin(&configuration, stated, options)
  if configuration.training.patience != nil, !data.holdsOut {
    throw CommandError(
      .data, "--patience needs samples that are held out, and there are none; see --validation")
  }
  Threads.count = configuration.training.threads
  var random = RandomSource(seed: configuration.training.seed)
  let network = configuration.network.network(using: &random)
  if !options.quiet { say("\(data.summary); \(network.parameterCount) parameters") }

  let optimizer = configuration.training.optimizer(for: network)
  let trained = try finish(
    network, optimizer,
    Surroundings(
      configuration: configuration, data: data, options: options, folder: folder,
      log: start?.log, checkpoint: start?.checkpoint))
  let result = try trained.network.measured(on: data)
  if let measurement = result.measurement {
    say("held out: \(measurement.description)")
  } else {
    say("nothing is held out, so nothing is measured")
  }
  if let monitor = trained.monitor, !monitor.alarms.isEmpty { complain("\(monitor)") }
  guard let folder else { return }
  if !options.quiet { say("the run is in \(folder.path)") }
  if options.report { try writeReport(of: folder, on: data, isQuiet: options.quiet) }
}

/// Trains to the end. The type of the optimizer is known here.
private func finish<Rule: Optimizer<Float>>(
  _ network: Sequential<Float>, _ optimizer: Rule, _ surroundings: Surroundings
) throws -> (network: Sequential<Float>, monitor: HealthMonitor<Float>?) {
  var run = TrainingRun<Rule>(surroundings)
  var trainer = run.training(of: network, optimizer)
  try run.begin(&trainer)
  try run.finish(&trainer)
  return (trainer.bestModel, trainer.monitor)
}

private func writeReport(of folder: RunFolder, on data: TaskData, isQuiet: Bool) throws {
  do {
    try write(SavedRun(folder.path).report(on: data).html, to: folder.reportPath)
    if !isQuiet { say("its report is \(folder.reportPath)") }
  } catch {
    // The network is trained and saved.
    complain("the report is not written: \(error)")
    throw ExitCode.outputLost
  }
}
