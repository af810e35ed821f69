#if !DEBUG
  import Backflow
  import Testing

  /// Trainings that reach the quality that they should, in which the monitor finds nothing.
  @Suite struct `A healthy training` {
    /// Every third set-up of the first set and every fourth of the others, or all for the tables.
    private static func chosen(_ setUps: [HealthySetUp], every stride: Int) -> [HealthySetUp] {
      CalibrationTable.isWanted
        ? setUps : setUps.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
    }

    @Test(arguments: chosen(HealthySetUp.all, every: 3))
    func `raises no alarm`(_ setUp: HealthySetUp) { Self.examine(setUp, in: "healthy") }

    @Test(arguments: chosen(HealthySetUp.second, every: 4))
    func `of the second set raises no alarm`(_ setUp: HealthySetUp) {
      Self.examine(setUp, in: "second")
    }

    @Test(arguments: chosen(HealthySetUp.third, every: 4))
    func `of the third set raises no alarm`(_ setUp: HealthySetUp) {
      Self.examine(setUp, in: "third")
    }

    /// Trains with one seed, or with three seeds at two intervals for the tables.
    private static func examine(_ setUp: HealthySetUp, in table: String) {
      let isWhole = CalibrationTable.isWanted
      var row = HealthyRow()
      for interval in isWhole ? [1, 10] : [10] {
        for seed in CalibrationTable.seeds.prefix(isWhole ? 3 : 1) {
          let outcome = setUp.run(seed, interval)
          #expect(
            outcome.monitor.alarms.isEmpty, "seed \(seed), every \(interval): \(outcome.monitor)")
          #expect(
            setUp.quality.isReached(by: outcome.score), "seed \(seed) reaches \(outcome.score)")
          row.add(outcome, of: setUp)
        }
      }
      row.write(setUp, in: table)
    }

    @Test func `has its own name`() {
      let names = (HealthySetUp.all + HealthySetUp.second + HealthySetUp.third).map(\.name)
      #expect(Set(names).count == names.count)
      #expect(HealthySetUp.all.count >= 60)
      #expect(HealthySetUp.second.count >= 40)
      #expect(HealthySetUp.third.count >= 40)
    }
  }
#endif
