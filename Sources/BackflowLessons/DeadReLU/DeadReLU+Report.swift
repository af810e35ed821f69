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
        "\(firstSteps) steps at a rate of \(figure(largeRate)): of \(width) units,"
          + " \(before.dead.count) were off for every one of \(before.examples) training images"
          + " before, \(between.dead.count) are after.",
        "\(furtherSteps) more steps at a rate of \(figure(smallRate)): \(revived) of them came back,"
          + " \(after.dead.count) are dead now, and \(percent(killed.accuracy)) of the held-out digits"
          + " are classified correctly.",
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
        "A rate of \(figure(smallRate)) from the start: \(dead.dead.count) units are dead,"
          + " \(percent(careful.accuracy)) right.",
        "A leaky ReLU of slope \(figure(Double(slope))) after the same long steps: \(off.dead.count)"
          + " units are off for every example, but they still learn; \(percent(leaky.accuracy)) right.",
      ],
      [
        "small_rate_dead_share": dead.deadShare, "small_rate_accuracy": careful.accuracy,
        "leaky_off_share": off.deadShare, "leaky_accuracy": leaky.accuracy,
      ])
  }

  /// The share of silent units and the accuracy step by step, and how far each unit is from life.
  private func picture(_ outcomes: Outcomes) -> ChartFigure {
    let all = [outcomes.killed, outcomes.careful, outcomes.leaky]
    let lowered = LineChart.Mark(
      at: Double(firstSteps), "here the large rate is lowered", isVertical: true)
    let (before, between) = (outcomes.killed.censuses[0], outcomes.killed.censuses[1])
    return ChartFigure(
      "Steps that are too long leave \(between.dead.count) of \(width) rectified units dead, for good",
      notes: [
        "A unit that is off for all \(before.examples) training images gets no gradient. A smaller"
          + " rate brings none back; a leaky unit that is off still learns."
      ],
      panels: [
        LineChart(
          "Units off for every training image", horizontal: .linear("step"),
          vertical: .linear("share of the units, %", 0...102),
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
          "How near each unit comes to turning on", horizontal: .linear("units, sorted"),
          vertical: .linear("largest a over all training images"),
          series: [
            .init("before the first step", before.maxima.sorted(), hue: .neutral),
            .init("after \(firstSteps) steps", between.maxima.sorted(), hue: .alarm),
          ], marks: [.init(at: 0, "below it a unit is dead")]),
      ])
  }
}
