internal import Backflow

extension DeadReLU {
  typealias Outcomes = (killed: Outcome, careful: Outcome, leaky: Outcome)

  func report(_ outcomes: Outcomes) -> LessonReport {
    LessonReport(
      .deadReLU, failure: failure(outcomes.killed),
      findings: outcomes.killed.censuses[1].findings(step: firstSteps), cure: cure(outcomes),
      figure: picture(outcomes).svg)
  }

  private func failure(_ killed: Outcome) -> LessonReport.Account {
    let (before, between, after) = (killed.censuses[0], killed.censuses[1], killed.censuses[2])
    let revived = Set(between.dead).subtracting(after.dead).count
    return LessonReport.Account(
      [
        "Of \(width) units, \(before.dead.count) are inactive for all \(before.examples) training"
          + " images before the training, and \(between.dead.count) after \(firstSteps) steps with a"
          + " learning rate of \(figure(largeRate)).",
        "After \(furtherSteps) more steps with a learning rate of \(figure(smallRate)), \(revived) of"
          + " them are active again, \(after.dead.count) are dead, and \(percent(killed.accuracy)) of"
          + " the held-out digits are classified correctly.",
      ],
      [
        "dead_share_before": before.deadShare, "dead_share": between.deadShare,
        "dead_share_after_further_training": after.deadShare, "revived_units": Double(revived),
        "examples": Double(before.examples), "accuracy": killed.accuracy,
      ])
  }

  private func cure(_ outcomes: Outcomes) -> LessonReport.Account {
    let (careful, leaky) = (outcomes.careful, outcomes.leaky)
    let (dead, off) = (careful.censuses[2], leaky.censuses[2])
    return LessonReport.Account(
      [
        "With a learning rate of \(figure(smallRate)) from the start, \(dead.dead.count) units are dead,"
          + " and \(percent(careful.accuracy)) of the held-out digits are classified correctly.",
        "With leaky ReLUs of slope \(figure(Double(slope))) and the large learning rate, \(off.dead.count)"
          + " units are inactive for all images but still learn, and \(percent(leaky.accuracy)) of the"
          + " held-out digits are classified correctly.",
      ],
      [
        "small_rate_dead_share": dead.deadShare, "small_rate_accuracy": careful.accuracy,
        "leaky_off_share": off.deadShare, "leaky_accuracy": leaky.accuracy,
      ])
  }

  /// Draws the fraction of inactive units and the accuracy at each step, and the largest
  /// preactivation of each unit.
  private func picture(_ outcomes: Outcomes) -> ChartFigure {
    let all = [outcomes.killed, outcomes.careful, outcomes.leaky]
    let lowered = LineChart.Mark(
      at: Double(firstSteps), "reduction of the large rate", isVertical: true)
    let (before, between) = (outcomes.killed.censuses[0], outcomes.killed.censuses[1])
    return ChartFigure(
      "Too large a learning rate kills \(between.dead.count) of \(width) rectified units permanently",
      notes: [
        "A unit that is inactive for all \(before.examples) training images has zero gradient. A smaller"
          + " rate does not revive it. A leaky unit that is inactive still learns."
      ],
      panels: [
        LineChart(
          "Units inactive for all training images", horizontal: .linear("step"),
          vertical: .linear("fraction of the units, %", 0...102),
          series: all.map { outcome in
            LineChart.Series(
              outcome.name, x: outcome.silent.map { Double($0.step) },
              outcome.silent.map { 100 * $0.share }, hue: outcome.hue)
          }, marks: [lowered]),
        LineChart(
          "Held-out digits classified correctly", horizontal: .linear("step"),
          vertical: .linear("accuracy, %", 0...102),
          series: all.map { outcome in
            LineChart.Series(
              "\(outcome.name): \(percent(outcome.accuracy))",
              x: outcome.silent.map { Double($0.step) }, outcome.accuracies.map { 100 * $0 },
              hue: outcome.hue)
          }, marks: [lowered]),
        LineChart(
          "Largest preactivation of each unit", horizontal: .linear("units, sorted"),
          vertical: .linear("maximum of a over all training images"),
          series: [
            .init("before the first step", before.maxima.sorted(), hue: .neutral),
            .init("after \(firstSteps) steps", between.maxima.sorted(), hue: .alarm),
          ], marks: [.init(at: 0, "dead below this value")]),
      ])
  }
}
