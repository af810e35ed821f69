#if !DEBUG
  import Backflow
  import Testing

  /// Failures that are planted in healthy trainings, each of which the monitor must find by its
  /// kind and place, with its cause first.
  @Suite struct `A planted failure` {
    /// With one seed, or for the tables in four of five at each interval.
    @Test(arguments: PlantedFailure.all)
    func `is found`(_ failure: PlantedFailure) {
      let isWhole = CalibrationTable.isWanted
      var row = PlantedRow()
      for interval in isWhole ? [1, 10] : [10] {
        var deviations: [String] = []
        for seed in 1...(isWhole ? 5 : 1) as ClosedRange<UInt64> {
          let outcome = failure.run(seed, interval)
          let verdict = Verdict(outcome.monitor, failure)
          if verdict != .right || !failure.isCauseFirst(outcome.monitor) {
            deviations.append("seed \(seed), every \(interval): \(outcome.monitor)")
          }
          row.add(outcome, verdict, of: failure)
        }
        #expect(deviations.count <= (isWhole ? 1 : 0), "\(deviations.joined(separator: "\n"))")
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
