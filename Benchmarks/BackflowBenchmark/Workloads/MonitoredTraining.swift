internal import Backflow

/// A training, of which a health monitor may watch the steps.
protocol WatchedTraining {
  /// Performs the step alone, and returns its loss.
  mutating func step() -> Double
  /// Performs the step, and shows it to the monitor as a user would: with its loss as a function
  /// of the parameters, for the Taylor test, if `isTested`.
  mutating func step(watchedBy health: inout HealthMonitor<Float>, isTested: Bool) -> Double
  /// The parameters and data of the next step, its loss, and its gradients before clipping, for
  /// other programs to recompute. The default is none.
  func tensors() -> [(name: String, value: Tensor<Float>)]
}

extension WatchedTraining {
  func tensors() -> [(name: String, value: Tensor<Float>)] { [] }

  /// Checks that some steps reduce the loss; otherwise the workload is not a training. Losses are
  /// means over `period` steps, because batches differ.
  fileprivate mutating func verify(_ name: String, steps: Int, period: Int) throws {
    func mean() -> Double { (0..<period).reduce(0) { sum, _ in sum + step() } / Double(period) }
    let first = mean()
    for _ in 0..<steps { _ = step() }
    let last = mean()
    guard last < first else {
      throw WrongResult(
        workload: name, what: "the loss after \(steps) steps", relativeError: last / first - 1)
    }
  }
}

/// Returns workloads for a training step alone, with a monitor that observes every tenth step, with
/// one that observes every step, and with one that also makes a Taylor test at every tenth. The
/// last three are timed in alternation with the step alone.
///
/// - Parameters:
///   - verifiedSteps: The steps after which the loss must be lower.
///   - period: The number of batches, after which they come again.
func monitoredTraining<Training: WatchedTraining>(
  _ name: String, flops: Double, verifiedSteps: Int, period: Int = 1,
  _ make: @escaping () -> Training
) -> [Workload] {
  func row(
    _ pass: Workload.Pass, every interval: Int? = nil, isTested: Bool = false
  ) -> Workload {
    Workload(name: name, pass: pass, scalar: "float32", flops: flops) {
      var work = make()
      let tensors = work.tensors
      try work.verify(name, steps: verifiedSteps, period: period)
      guard let interval else { return .init(run: { work.step() }, tensors: tensors) }
      var health = HealthMonitor<Float>(every: interval)
      return .init(
        run: {
          (0..<interval).reduce(0) { sum, _ in
            sum + work.step(watchedBy: &health, isTested: isTested)
          }
        },
        repetitions: interval,
        baseline: { (0..<interval).reduce(0) { sum, _ in sum + work.step() } })
    }
  }
  return [
    row(.training), row(.monitoredEvery10, every: 10), row(.monitoredEveryStep, every: 1),
    row(.testedEvery10, every: 10, isTested: true),
  ]
}
