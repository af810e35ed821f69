internal import ArgumentParser
internal import Backflow
internal import BackflowConsole
internal import Foundation

/// What a training depends on, beside its network.
struct Surroundings {
  let configuration: RunConfiguration
  let data: TaskData
  let options: RunOptions
  /// Where the run is saved, or `nil` if it is not.
  let folder: RunFolder?
  let log: RunLog?
  /// The checkpoint to continue from, or `nil` to begin.
  let checkpoint: Checkpoint?
}

/// A training with its files, what it prints, and how it ends.
struct TrainingRun<Rule: Optimizer<Float>> {
  typealias Training = Trainer<Sequential<Float>, Rule, Target>

  private let configuration: RunConfiguration
  private let data: TaskData
  private let options: RunOptions
  private let folder: RunFolder?
  private let checkpoint: Checkpoint?
  private var log: RunLog?
  private var progress: ProgressBar
  private var lastSave: ContinuousClock.Instant?
  private var lastHistograms: ContinuousClock.Instant?
  /// The measurement of the epoch that has just ended.
  private var measurement: Measurement?
  private let interruption = Interruption()

  init(_ surroundings: Surroundings) {
    (configuration, data) = (surroundings.configuration, surroundings.data)
    (options, folder) = (surroundings.options, surroundings.folder)
    (log, checkpoint) = (surroundings.log, surroundings.checkpoint)
    progress = ProgressBar(total: configuration.steps(on: data), isQuiet: options.quiet)
  }

  /// Returns the training of a network from the beginning.
  func training(of network: Sequential<Float>, _ optimizer: Rule) -> Training {
    let settings = configuration.training
    var trainer = Trainer(
      network, on: data.training, optimizer: optimizer, seed: settings.seed
    ) { output, target in target.loss(output) }
    trainer.schedule = settings.schedule(steps: configuration.steps(on: data))
    trainer.maximumNorm = settings.clip
    trainer.classes = data.classes
    trainer.average = settings.average.map { MovingAverage(of: network, decay: $0) }
    trainer.earlyStopping = settings.patience.map { EarlyStopping(patience: $0) }
    trainer.monitor = settings.health > 0 ? HealthMonitor(every: settings.health) : nil
    return trainer
  }

  /// Continues from the checkpoint if there is one, and opens the file for TensorBoard.
  mutating func begin(_ trainer: inout Training) throws {
    guard let checkpoint else {
      try log?.beginEvents(after: nil)
      return
    }
    try trainer.restore(checkpoint)
    guard trainer.epoch <= configuration.training.epochs else {
      throw CommandError(
        .data,
        "\(folder?.path ?? ""): the run has \(trainer.epoch) epochs already; --epochs must not be"
          + " less")
    }
    if trainer.monitor != nil, let monitor = try checkpoint.monitor() { trainer.monitor = monitor }
    try log?.goBack(to: checkpoint.integer(named: Checkpoint.metricsSize))
    // Only now, because the run must not get settings with which it cannot be continued.
    try folder?.save(configuration)
    try log?.beginEvents(after: trainer.optimizer.step)
    progress.begin(at: trainer.optimizer.step)
    if !options.quiet { say("continued after \(trainer.optimizer.step) updates") }
  }

  /// Trains until the end, or until Ctrl-C.
  ///
  /// - Throws: `ExitCode`, after a message, if the training diverges or is interrupted.
  mutating func finish(_ trainer: inout Training) throws {
    let end: TrainingEnd
    do {
      let epochs = configuration.training.epochs
      end =
        data.holdsOut
        ? try trainer.fit(epochs: epochs) { trainer, event in
          try respond(to: event, of: &trainer)
        } validation: { network in
          try validate(network)
        }
        : try trainer.fit(epochs: epochs) { trainer, event in
          try respond(to: event, of: &trainer)
        }
    } catch let error as DivergenceError {
      diverged(error, trainer.monitor)
      throw ExitCode.failure
    }
    progress.finish()
    try save(trainer)
    if end == .stopped {
      complain(
        folder.map {
          "interrupted after \(trainer.optimizer.step) updates, which are saved in \($0.path); the same"
            + " command with --resume goes on"
        } ?? "interrupted; nothing was saved")
      throw ExitCode(interruption.exitCode)
    }
    if end == .noImprovement, !options.quiet, let patience = configuration.training.patience {
      say("the validation has not improved for \(patience) epochs")
    }
    // What follows may be interrupted, because everything is saved.
    interruption.end()
  }

  private mutating func respond(
    to event: TrainingEvent, of trainer: inout Training
  ) throws -> TrainingFlow {
    switch event {
    case .update(let report): try show(report)
    case .epoch(let report):
      try show(report)
      try profile(trainer.model, at: report)
      if let batch = configuration.network.carriedBatch { trainer.model.resetState(batch: batch) }
    }
    if isSaveDue(after: event) { try save(trainer) }
    return interruption.isRequested ? .stop : .proceed
  }

  // MARK: - What is shown and recorded

  private mutating func show(_ report: UpdateReport) throws {
    if report.step % configuration.training.logEvery == 0 { try log?.add(RunRecord(report)) }
    for finding in report.findings {
      // Notes are in the report. Most of them are about healthy trainings.
      if finding.severity > .note {
        progress.interrupt()
        complain(line(finding))
      }
      try log?.add(RunRecord(finding, in: report))
    }
    progress.show(
      report.step,
      "epoch \(report.epoch + 1)/\(configuration.training.epochs)  loss \(fourDigits(report.epochLoss))"
        + (measurement.map { "  validation \(fourDigits($0.loss))" } ?? ""),
      rate: (samplesPerUpdate, data.unit.name))
  }

  private mutating func show(_ report: EpochReport) throws {
    let record = RunRecord(
      report, measurement, knowsBest: configuration.training.patience != nil)
    try log?.add(record)
    progress.milestone(
      report.step,
      "epoch \(report.epoch + 1)/\(configuration.training.epochs)  loss \(fourDigits(report.loss))"
        + (measurement.map { "  validation: \($0.description)" } ?? ""),
      rate: (samplesPerUpdate, data.unit.name))
  }

  /// Records where the gradient of the first batch of an epoch is large and small.
  private mutating func profile(_ network: Sequential<Float>, at report: EpochReport) throws {
    guard log != nil, configuration.training.health > 0, report.epoch.isRecorded else { return }
    let batches = data.training.batches.epoch(report.epoch)
    let (input, target) = try data.training.batch(report.epoch, batches[0])
    var network = network
    network.resetState(batch: input.shape.last ?? 1)
    let (output, cache) = network.forward(input)
    let (_, gradients, trace) = network.tracedBackward(target.loss(output).gradient, cache)
    try log?.add(RunRecord(GradientProfile(trace, gradients: gradients), at: report))
    if lastHistograms.map({ $0.duration(to: .now) > .seconds(10) }) ?? true {
      lastHistograms = .now
      log?.addHistograms(of: network, at: report.step)
    }
  }

  private var samplesPerUpdate: Double {
    let batches = data.training.batches
    return Double(batches.count * data.unit.perSample) / Double(batches.batchCount)
  }

  private mutating func validate(_ network: Sequential<Float>) throws -> Double {
    measurement = try network.measured(on: data).measurement
    return measurement?.loss ?? .nan
  }

  private mutating func diverged(_ error: DivergenceError, _ monitor: HealthMonitor<Float>?) {
    progress.finish()
    if let monitor, !monitor.alarms.isEmpty { complain("\(monitor)") }
    complain(
      "the training diverged in epoch \(error.epoch + 1), after \(error.step) updates:"
        + " \(error.reason)")
    complain(
      "begin again with a smaller --learning-rate"
        + (configuration.training.clip == nil ? ", or with --clip 1" : "")
        + (folder == nil ? "" : ", and with --replace"))
  }

  private func line(_ finding: Finding) -> String {
    finding.isPresent
      ? "\(finding.severity.rawValue), step \(finding.step): \(finding.placedStatement)"
      : "healed, last seen at step \(finding.lastStep): \(finding.kind.rawValue) of"
        + " \(finding.layer)"
  }

  // MARK: - Checkpoints

  /// Whether a checkpoint is due: every minute, or as often as the options say, and after epochs
  /// that are a second or more apart.
  private func isSaveDue(after event: TrainingEvent) -> Bool {
    guard folder != nil else { return false }
    guard let lastSave else { return true }
    let age = lastSave.duration(to: .now) / .seconds(1)
    let isEpoch = if case .epoch = event { true } else { false }
    return age >= options.checkpointEvery || (isEpoch && age >= min(1, options.checkpointEvery))
  }

  /// Writes a checkpoint.
  private mutating func save(_ trainer: Training) throws {
    guard let folder, let log else { return }
    try log.sync()
    var checkpoint = try trainer.checkpoint()
    try data.preprocessing.insert(into: &checkpoint)
    try checkpoint.insert(log.size, named: Checkpoint.metricsSize)
    if let monitor = trainer.monitor {
      checkpoint.metadata[Checkpoint.monitorName] = try jsonLine(monitor)
    }
    try checkpoint.write(to: folder.checkpointPath)
    lastSave = .now
  }
}

extension RunConfiguration {
  /// The number of updates of the whole training.
  fileprivate func steps(on data: TaskData) -> Int {
    training.epochs * data.training.batches.batchCount
  }
}

extension Int {
  /// Whether the profile of this epoch, from 0, is recorded: of the first hundred each, and of
  /// later ones those with two digits before the zeros, so that long trainings record some
  /// hundreds.
  fileprivate var isRecorded: Bool {
    var (rest, unit) = (self + 1, 1)
    while rest >= 100 { (rest, unit) = (rest / 10, unit * 10) }
    return (self + 1) % unit == 0
  }
}
