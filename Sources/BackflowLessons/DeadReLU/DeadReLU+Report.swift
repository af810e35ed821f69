internal import Backflow

extension DeadReLU {
  func report(_ outcomes: Outcomes, _ sweep: RateSweep) -> LessonReport {
    LessonReport(
      .deadReLU, claims: claims(outcomes, sweep), failure: failure(outcomes.killed, sweep),
      findings: outcomes.killed.censuses[1].findings(step: firstSteps), cure: cure(outcomes),
      figures: [("", picture(outcomes).svg), ("rates", sweepPicture(sweep).svg)])
  }

  private func claims(_ outcomes: Outcomes, _ sweep: RateSweep) -> [Claim] {
    let killed = outcomes.killed
    let revived = Set(killed.censuses[1].dead).subtracting(killed.censuses[2].dead).count
    let shares = sweep.points.map(\.deadShare)
    return [
      Claim(
        "A learning rate of \(figure(largeRate)) kills at least 60 % of the units, more than the 40 % of the"
          + " essay.",
        killed.censuses[1].deadShare, atLeast: 0.6),
      Claim(
        "None of them is active again with a smaller rate.", Double(revived), atMost: 0),
      Claim(
        "With the smallest learning rate of the sweep, at most 15 % of the units are dead.",
        shares.first ?? .nan, atMost: 0.15),
      Claim(
        "With the largest, at least 60 % are.", shares.last ?? .nan, atLeast: 0.6),
      Claim(
        "The share passes 40 % at a rate of at most 1.",
        sweep.smallestRate(withDeadShare: 0.4) ?? .nan, atMost: 1),
      Claim(
        "With a small rate, leaky units, or dead units drawn again, at least 85 % of the held-out digits"
          + " are classified correctly.",
        [outcomes.careful, outcomes.leaky, outcomes.redrawn].map(\.accuracy).min() ?? .nan,
        atLeast: 0.85),
      Claim(
        "With the dead units, at least 10 % of all held-out digits fewer are classified correctly.",
        ([outcomes.careful, outcomes.leaky, outcomes.redrawn].map(\.accuracy).min() ?? .nan)
          - killed.accuracy, atLeast: 0.1),
    ]
  }

  private func failure(_ killed: Outcome, _ sweep: RateSweep) -> LessonReport.Account {
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
        "Of networks trained with one rate for \(sweepSteps) steps, "
          + (sweep.smallestRate(withDeadShare: 0.4).map {
            "40 % of the units are dead from a rate of \(figure($0)) on"
          } ?? "none has 40 % dead units")
          + " (means over \(sweepSeeds) seeds).",
      ],
      [
        "dead_share_before": before.deadShare, "dead_share": between.deadShare,
        "dead_share_after_further_training": after.deadShare, "revived_units": Double(revived),
        "examples": Double(before.examples), "accuracy": killed.accuracy,
        "rate_of_40_percent_dead": sweep.smallestRate(withDeadShare: 0.4) ?? .nan,
      ])
  }

  private func cure(_ outcomes: Outcomes) -> LessonReport.Account {
    let (careful, leaky, redrawn) = (outcomes.careful, outcomes.leaky, outcomes.redrawn)
    let (dead, off, left) = (careful.censuses[2], leaky.censuses[2], redrawn.censuses[2])
    return LessonReport.Account(
      [
        "A smaller learning rate, \(figure(smallRate)), from the start: \(dead.dead.count) units are dead,"
          + " and \(percent(careful.accuracy)) of the held-out digits are classified correctly.",
        "Leaky ReLUs of slope \(figure(Double(slope))) with the large learning rate: \(off.dead.count)"
          + " units are inactive for all images but still learn, and \(percent(leaky.accuracy)) are"
          + " classified correctly.",
        "The dead units initialized again after step \(firstSteps): \(left.dead.count) are dead at the end,"
          + " and \(percent(redrawn.accuracy)) are classified correctly.",
      ],
      [
        "small_rate_dead_share": dead.deadShare, "small_rate_accuracy": careful.accuracy,
        "leaky_off_share": off.deadShare, "leaky_accuracy": leaky.accuracy,
        "redrawn_dead_share": left.deadShare, "redrawn_accuracy": redrawn.accuracy,
      ])
  }
}
