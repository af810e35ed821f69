#if !DEBUG
  import Backflow
  import Testing

  /// Failures that are planted in healthy trainings, each of which the monitor must find by its
  /// kind and place, with its cause first.
  @Suite struct `A planted failure` {
    @Test(arguments: PlantedFailure.all)
    func `is found`(_ failure: PlantedFailure) {
      let isWhole = CalibrationTable.isWanted
      var row = PlantedRow()
      for interval in isWhole ? [1, 10] : [10] {
        for seed in 1...(isWhole ? 5 : 1) as ClosedRange<UInt64> {
          let outcome = failure.run(seed, interval)
          let verdict = Verdict(outcome.monitor, failure)
          #expect(
            verdict == .right, "seed \(seed), every \(interval): \(outcome.monitor.alarms)")
          #expect(
            failure.isCauseFirst(outcome.monitor),
            "seed \(seed), every \(interval): \(outcome.monitor.alarms.first as Any)")
          row.add(outcome, verdict, of: failure)
        }
      }
      row.write(failure)
    }

    @Test func `has its own name and a healthy training without it`() {
      #expect(Set(PlantedFailure.all.map(\.name)).count == PlantedFailure.all.count)
      #expect(PlantedFailure.all.count >= 60)
      let healthy = Set(HealthySetUp.all.map(\.name))
      for failure in PlantedFailure.all { #expect(healthy.contains(failure.base)) }
    }
  }
#endif
