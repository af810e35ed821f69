internal import Backflow
internal import RealModule

extension SigmoidSaturation {
  func report(sigmoid: Outcomes, tanh: Outcomes) -> LessonReport {
    let alarms = [sigmoid, tanh].flatMap(\.large.training.health.alarms)
    return LessonReport(
      .sigmoidSaturation, claims: claims(sigmoid, tanh), failure: failure(sigmoid, tanh),
      findings: alarms.filter { [.saturation, .vanishingGradient].contains($0.kind) },
      cure: cure(sigmoid, tanh),
      figures: [
        ("", slopePicture([sigmoid, tanh]).svg), ("speed", speedPicture([sigmoid, tanh]).svg),
        ("training", trainingPicture([sigmoid, tanh]).svg),
      ])
  }

  private func claims(_ sigmoid: Outcomes, _ tanh: Outcomes) -> [Claim] {
    let all = [sigmoid, tanh]
    return [
      Claim(
        "No layer of sigmoids passes more than ¼ of the gradient.",
        sigmoid.all.flatMap(\.profile.unitFactors).bounds.most, atMost: 0.25 * (1 + 1e-5)),
      Claim(
        "No layer of tanh passes more than all of it.",
        tanh.all.flatMap(\.profile.unitFactors).bounds.most, atMost: 1 + 1e-5),
      Claim(
        "With weights of standard deviation \(figure(largeDeviation)), at least 95 % of the outputs of"
          + " the first layer are within 1.5 % of a limit.",
        all.map(\.binaryShare).min() ?? .nan, atLeast: 0.95),
      Claim(
        "These networks classify at most 40 % of the held-out digits correctly.",
        all.map(\.large.accuracy).max() ?? .nan, atMost: 0.4),
      Claim(
        "Under plain SGD, the steps of the lowest sigmoids are at most 1/1000 as long as those of the"
          + " highest, relative to their weights.", sigmoid.speed.ratioOfLowest, atMost: 1e-3),
      Claim(
        "The steps of the lowest layer of tanh are at least 1/10 as long as those of its highest.",
        tanh.speed.ratioOfLowest, atLeast: 0.1),
      Claim(
        "With weights of the right size, and with the large weights and batch normalization, at least"
          + " 85 % are classified correctly.",
        all.flatMap { [$0.scaled.accuracy, $0.normalized.accuracy] }.min() ?? .nan, atLeast: 0.85),
    ]
  }

  private func failure(_ sigmoid: Outcomes, _ tanh: Outcomes) -> LessonReport.Account {
    let (large, glorot) = (sigmoid.large, sigmoid.glorot)
    let chance = Double.log(Double(Digits.classCount))
    let loss = large.training.losses.last?.value ?? .nan
    let (least, most) = large.profile.unitFactors.bounds
    return LessonReport.Account(
      [
        "A network has \(depth) layers of \(width) sigmoids and weights of standard deviation"
          + " \(figure(largeDeviation)). \(percent(sigmoid.binaryShare)) of the outputs of its first layer"
          + " are within 1.5 % of 0 or 1. After \(steps) steps, its loss is \(figure(loss)) (a uniform"
          + " guess has \(figure(chance))), and \(percent(large.accuracy)) of the held-out digits are"
          + " classified correctly; with tanh instead, \(percent(tanh.large.accuracy)).",
        "Before the first step, z(1 − z) multiplies the gradient by \(figure(least)) to"
          + " \(figure(most)) in each layer. This is measured on one batch; other batches differ by orders"
          + " of magnitude.",
        "Glorot initialization saturates no sigmoids, but a sigmoid passes at most ¼ of the gradient,"
          + " here \(figure(glorot.profile.unitFactors.bounds.most)), and \(depth) layers pass"
          + " \(figure(glorot.profile.bottomShare)); \(percent(glorot.accuracy)) of the held-out digits"
          + " are classified correctly. During \(plainSteps) steps of plain SGD, the steps of"
          + " the lowest layer are \(figure(sigmoid.speed.ratioOfLowest)) times as long as those of the"
          + " highest, relative to their weights; with tanh, \(figure(tanh.speed.ratioOfLowest)) times.",
      ],
      [
        "loss": loss, "chance_loss": chance, "accuracy": large.accuracy,
        "binary_share": sigmoid.binaryShare, "tanh_binary_share": tanh.binaryShare,
        "tanh_accuracy": tanh.large.accuracy,
        "gradient_at_bottom": large.profile.bottomShare, "smallest_sigmoid_factor": least,
        "largest_sigmoid_factor": most, "glorot_accuracy": glorot.accuracy,
        "glorot_gradient_at_bottom": glorot.profile.bottomShare,
        "glorot_largest_sigmoid_factor": glorot.profile.unitFactors.bounds.most,
        "speed_ratio": sigmoid.speed.ratioOfLowest, "tanh_speed_ratio": tanh.speed.ratioOfLowest,
      ])
  }

  private func cure(_ sigmoid: Outcomes, _ tanh: Outcomes) -> LessonReport.Account {
    var measures = ["tanh_glorot_accuracy": tanh.glorot.accuracy]
    for outcomes in [sigmoid, tanh] {
      for (name, outcome) in [("scaled", outcomes.scaled), ("normalized", outcomes.normalized)] {
        let key = outcomes.unit.rawValue + "_" + name
        measures[key + "_accuracy"] = outcome.accuracy
        measures[key + "_loss"] = outcome.training.losses.last?.value ?? .nan
        measures[key + "_gradient_at_bottom"] = outcome.profile.bottomShare
      }
    }
    let (scaled, normalized) = (sigmoid.scaled, sigmoid.normalized)
    return LessonReport.Account(
      [
        "Smaller weights: those of Glorot initialization are sufficient for tanh"
          + " (\(percent(tanh.glorot.accuracy)) of the held-out digits are classified correctly). Those of"
          + " sigmoids must also compensate for the factor ¼: with four times Glorot's,"
          + " \(figure(scaled.profile.bottomShare)) of the gradient reaches the first layer, and"
          + " \(percent(scaled.accuracy)) are classified correctly.",
        "Tanh instead of sigmoid, with \(figure(tanh.unit.gain)) times Glorot's weights:"
          + " \(figure(tanh.scaled.profile.bottomShare)) reaches the first layer, and"
          + " \(percent(tanh.scaled.accuracy)) are classified correctly.",
        "Batch normalization before each nonlinearity, with the large weights:"
          + " \(figure(normalized.profile.bottomShare)) reaches the first layer, and"
          + " \(percent(normalized.accuracy)) are classified correctly; with tanh,"
          + " \(figure(tanh.normalized.profile.bottomShare)) and"
          + " \(percent(tanh.normalized.accuracy)).",
      ], measures)
  }
}

extension LayerSpeed {
  fileprivate var ratioOfLowest: Double { relativeToHighest.first ?? .nan }
}

extension SigmoidSaturation.Outcomes {
  /// The fraction of the outputs of the first layer of large weights that are nearly binary.
  var binaryShare: Double { unit.binaryShare(of: large.firstOutputs) }
}

extension [Double] {
  /// The minimum and maximum.
  var bounds: (least: Double, most: Double) { (self.min() ?? .nan, self.max() ?? .nan) }
}
