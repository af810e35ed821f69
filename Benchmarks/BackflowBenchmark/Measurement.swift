/// Times of one workload in milliseconds.
struct Measurement {
  let medianMilliseconds: Double
  let minMilliseconds: Double
  let samples: Int

  /// Runs `work` for about `seconds`, after a warm-up. Runs that are short for the clock are timed
  /// several at a time.
  init(seconds: Double, _ work: () -> Double) {
    let clock = ContinuousClock()
    var sink = 0.0
    func time(_ repetitions: Int) -> Double {
      let duration = clock.measure { for _ in 0..<repetitions { sink += work() } }
      return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }

    let warmUpEnd = clock.now.advanced(by: .seconds(min(0.2, seconds / 4)))
    var once = time(1)
    while clock.now < warmUpEnd { once = min(once, time(1)) }
    let repetitions = max(1, Int(100e-6 / max(once, 1e-9)))

    var times: [Double] = []
    let end = clock.now.advanced(by: .seconds(seconds))
    repeat { times.append(time(repetitions) / Double(repetitions)) } while clock.now < end
    times.sort()
    // A use of the sum that is never true keeps every run alive.
    if sink == .infinity { print(sink) }
    samples = times.count
    minMilliseconds = times[0] * 1e3
    medianMilliseconds = (times[(samples - 1) / 2] + times[samples / 2]) / 2 * 1e3
  }
}
