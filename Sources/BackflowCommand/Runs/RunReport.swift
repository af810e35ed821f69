internal import Backflow
internal import BackflowConsole
internal import Foundation

extension SavedRun {
  /// What the run has recorded, and the stability of its recurrence.
  ///
  /// - Parameter data: The data of the training, or `nil` to read them again.
  func report(on data: TaskData? = nil) throws -> TrainingReport {
    var report = TrainingReport(
      URL(fileURLWithPath: folder.path).standardizedFileURL.lastPathComponent)
    report.facts = facts
    let records = try folder.records(
      upTo: checkpoint.integer(named: Checkpoint.metricsSize))
    for record in records {
      if let profile = record.profile { report.profiles.append((record.step, profile)) }
      guard record.type == .update else { continue }
      if let loss = record.loss { report.loss.append((record.step, loss)) }
      if let norm = record.gradientNorm { report.gradientNorm.append((record.step, norm)) }
      if let rate = record.learningRate { report.learningRate.append((record.step, rate)) }
    }
    let measured = records.filter { $0.type == .epoch }
    report.facts += results(of: measured)
    for name in Set(measured.flatMap { ($0.validation ?? [:]).keys }).sorted() {
      report.validation.append(
        (name, measured.compactMap { record in record.validation?[name].map { (record.step, $0) } })
      )
    }
    if let monitor = try checkpoint.monitor() { report.record(monitor) }
    do {
      if let stability = try stability(along: data) {
        report.stability = [("recurrence", stability)]
      }
    } catch {
      complain("the report lacks the stability of the recurrence: \(error)")
    }
    return report
  }

  /// What is known of the run, beside its measurements.
  private var facts: [(name: String, value: String)] {
    let (task, network, training) = (
      configuration.task, configuration.network, configuration.training
    )
    var facts = [("task", task.name.rawValue)]
    if let file = task.file { facts.append(("data", file.path)) }
    facts.append(("network", network.sentence))
    facts.append(("parameters", "\(self.network.parameterCount)"))
    facts.append(
      (
        "optimizer",
        "\(training.optimizer.rawValue), learning rate \(training.learningRate)"
          + ", \(training.schedule.rawValue)"
      ))
    facts.append(("batch", "\(training.batch)"))
    facts.append(("clipping", training.clip.map { "to a norm of \($0)" } ?? "none"))
    facts.append(("seed", "\(training.seed)"))
    facts.append(("threads", "\(training.threads)"))
    if let updates = try? checkpoint.integer(named: "optimizer.step") {
      facts.append(("updates", "\(updates)"))
    }
    return facts
  }

  /// How many epochs are done, and how good the network is.
  private func results(of epochs: [RunRecord]) -> [(name: String, value: String)] {
    guard let last = epochs.last else { return [] }
    var facts = [("epochs", "\(last.epoch) of \(configuration.training.epochs)")]
    func fact(_ name: String, _ record: RunRecord?) {
      guard let record, let values = record.validation else { return }
      let words = values.sorted { $0.key < $1.key }.map {
        "\($0.key.replacing("_", with: " ")) \(fourDigits($0.value))"
      }
      facts.append((name, "\(words.joined(separator: ", ")) (epoch \(record.epoch))"))
    }
    fact("held out, at the end", last)
    let best = epochs.filter { $0.validation?["loss"]?.isFinite ?? false }
      .min { ($0.validation?["loss"] ?? 0) < ($1.validation?["loss"] ?? 0) }
    fact("held out, least loss", best)
    return facts
  }

  /// The report of the recurrent layers along samples that were held out, or `nil` without any.
  private func stability(along data: TaskData?) throws -> StabilityReport? {
    guard let input = try recurrentInput(of: data) else { return nil }
    var options = CheckpointStability.Options()
    options.stability.samples = exponentSamples(steps: input.shape[0])
    var random = RandomSource(seed: 1)
    var display = DelayedProgress()
    defer { display.clear() }
    return try CheckpointStability(
      of: checkpoint.network,
      along: SequenceInput(Tensor<Double>(input), name: "the held-out samples"), options: options,
      using: &random
    ) { display.show($1, "report: " + escaped($0)) }.report
  }
}

/// How many samples the exponents are measured along by default: more of short sequences.
func exponentSamples(steps: Int) -> Int {
  max(Stability.Options().samples, min(64, 512 / max(1, steps)))
}

extension NetworkSettings {
  /// The network in words, such as "lstm, 2 layers of 128 units".
  fileprivate var sentence: String {
    if kind == .convolution { return "two convolutions" }
    let size = "\(layers) \(layers == 1 ? "layer" : "layers") of \(hidden) units"
    return "\(kind.rawValue), \(size)" + (dropout > 0 ? ", dropout \(dropout)" : "")
  }
}
