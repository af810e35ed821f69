internal import BackflowConsole

/// The times of a workload, in milliseconds.
struct Measurement {
  let medianMilliseconds: Double
  let minMilliseconds: Double
  let samples: Int
  /// The relative increase of the time over the baseline: the median over pairs of consecutive
  /// runs, so that other load affects both.
  let overhead: Double?

  /// Runs `work` for about `seconds` after a warm-up. Short runs are timed in groups.
  init(seconds: Double, _ run: () -> Double) { self.init(seconds: seconds, run, baseline: nil) }

  /// Measures `run`, which performs its work `perRun` times, alternating with `baseline`.
  init(seconds: Double, perRun: Int = 1, _ run: () -> Double, baseline: (() -> Double)?) {
    let clock = ContinuousClock()
    var sink = 0.0
    func time(_ repetitions: Int, _ run: () -> Double) -> Double {
      let duration = clock.measure { for _ in 0..<repetitions { sink += run() } }
      return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }

    let warmUpEnd = clock.now.advanced(by: .seconds(min(0.2, seconds / 4)))
    var once = time(1, run)
    while clock.now < warmUpEnd { once = min(once, time(1, run)) }
    let repetitions = max(1, Int(100e-6 / max(once, 1e-9)))

    var times: [Double] = []
    var ratios: [Double] = []
    let end = clock.now.advanced(by: .seconds(seconds))
    repeat {
      times.append(time(repetitions, run) / Double(repetitions * perRun))
      if let baseline {
        let alone = time(repetitions, baseline) / Double(repetitions * perRun)
        ratios.append(times[times.count - 1] / alone)
      }
    } while clock.now < end
    times.sort()
    // A use of the sum that is never true, so that no run is optimized away.
    if sink == .infinity { say("\(sink)") }
    samples = times.count
    minMilliseconds = times[0] * 1e3
    medianMilliseconds = median(times) * 1e3
    overhead = ratios.isEmpty ? nil : median(ratios.sorted()) - 1
  }
}

private func median(_ sorted: [Double]) -> Double {
  (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
