#if !DEBUG
  import Backflow
  import Testing

  /// Trainings that reach the quality that they should, in which the monitor finds nothing.
  @Suite struct `A healthy training` {
    /// Every third set-up with one seed, or all with three seeds at two intervals for the tables.
    private static let setUps =
      CalibrationTable.isWanted
      ? HealthySetUp.all
      : HealthySetUp.all.enumerated().filter { $0.offset % 3 == 0 }.map(\.element)

    @Test(arguments: setUps)
    func `raises no alarm`(_ setUp: HealthySetUp) {
      let isWhole = CalibrationTable.isWanted
      var row = HealthyRow()
      for interval in isWhole ? [1, 10] : [10] {
        for seed in 1...(isWhole ? 3 : 1) as ClosedRange<UInt64> {
          let outcome = setUp.run(seed, interval)
          #expect(
            outcome.monitor.alarms.isEmpty, "seed \(seed), every \(interval): \(outcome.monitor)")
          #expect(
            setUp.quality.isReached(by: outcome.score), "seed \(seed) reaches \(outcome.score)")
          row.add(outcome, of: setUp)
        }
      }
      row.write(setUp)
    }

    @Test func `has its own name`() {
      #expect(Set(HealthySetUp.all.map(\.name)).count == HealthySetUp.all.count)
      #expect(HealthySetUp.all.count >= 60)
    }
  }
#endif
