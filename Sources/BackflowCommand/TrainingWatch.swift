internal import Backflow
internal import BackflowConsole

/// A health monitor that reports what it finds while the training runs: to the standard error, when
/// a finding begins and when it has healed.
struct TrainingWatch<Network: Layer<Float>> {
  private var monitor: HealthMonitor<Float>
  private let input: KeyPath<Digits, Tensor<Float>>

  /// The results of one step before the update.
  struct Pass {
    let images: Digits
    let logits: Tensor<Float>
    let loss: Float
    let gradients: Network
    /// The trace of the backward pass, if the step is observed.
    let trace: LayerTrace<Float>?
  }

  init(every interval: Int, input: KeyPath<Digits, Tensor<Float>>) {
    (monitor, self.input) = (HealthMonitor(every: interval), input)
  }

  /// Whether the monitor looks at this step.
  func isDue(_ step: Int) -> Bool { monitor.isDue(step) }

  /// Observes a step.
  ///
  /// - Parameters:
  ///   - step: The number of the step, from 0.
  ///   - pass: The results before the update.
  ///   - clipped: The gradients after clipping.
  ///   - before: The network before the update, or `nil` if the step is not observed.
  ///   - after: The network after the update.
  /// - Returns: Lines to print.
  mutating func observe(
    _ step: Int, _ pass: Pass, clipped: Network, from before: Network?, to after: Network,
    _ state: @autoclosure () -> OptimizerState<Float>
  ) -> [String] {
    let path = input
    return monitor.observe(step, loss: pass.loss, classes: Digits.classCount) {
      let input = pass.images[keyPath: path]
      if let trace = pass.trace { $0.recordNetwork(trace, output: pass.logits) }
      $0.recordClipping(from: pass.gradients, to: clipped)
      $0.recordOptimizer(state())
      $0.recordUpdate(from: before, to: after, along: pass.gradients) {
        softmaxCrossEntropy($0.forward(input).output, pass.images.labels).loss
      }
    }.map(line)
  }

  /// Observes a step whose gradients are not finite, so that nothing was updated.
  mutating func observeFailure(_ step: Int, _ pass: Pass, of network: Network) -> [String] {
    var failed = StepObservation<Float>(step: step)
    if let trace = pass.trace { failed.recordNetwork(trace, output: pass.logits) }
    failed.recordParameters(network, gradients: pass.gradients)
    return monitor.judge(failed).map(line)
  }

  /// The diagnoses after the training; empty without alarms.
  var conclusion: String { monitor.alarms.isEmpty ? "" : "\(monitor)" }

  /// The time line as an SVG document or as JSON, by the extension of the file.
  func timeline(for path: String) throws -> String {
    path.hasSuffix(".json")
      ? try json(monitor.history)
      : TimelineFigure(monitor.history, losses: monitor.losses).svg
  }

  private func line(_ finding: Finding) -> String {
    finding.isPresent
      ? "\(finding.severity.rawValue), step \(finding.step): \(finding.placedStatement)"
      : "healed, last seen at step \(finding.lastStep): \(finding.kind.rawValue) of"
        + " \(finding.layer)"
  }
}
