import Backflow
import BackflowLessons
import Testing

/// The claims of each lesson, on variants that are small enough for unoptimized kernels. Claims
/// about a complete training are tested with `backflow lesson all`.
@Suite struct `A lesson` {
  @Test func `about sigmoids finds every layer saturated and none that passes more than a quarter`()
    throws
  {
    var lesson = SigmoidSaturation(seed: 3)
    (lesson.steps, lesson.plainSteps) = (4, 20)
    let report = try lesson.run()
    for layer in 0..<lesson.depth {
      #expect(report.has(.saturation, .failure, atLayer: 2 * layer + 1))
    }
    #expect(report.has(.vanishingGradient, .failure, atLayer: 0))
    // The local gradients, the binary outputs, and the speeds do not need a complete training.
    for claim in report.claims where !claim.statement.contains("correctly") {
      #expect(claim.holds, "\(claim)")
    }
    let (failure, cure) = (report.failure.measures, report.cure.measures)
    #expect(try #require(failure["largest_sigmoid_factor"]) < 0.1)
    #expect(try #require(failure["gradient_at_bottom"]) < 1e-3)
    #expect(try #require(failure["glorot_gradient_at_bottom"]) < 1e-3)
    for key in ["sigmoid_scaled", "sigmoid_normalized", "tanh_scaled", "tanh_normalized"] {
      #expect(try #require(cure[key + "_gradient_at_bottom"]) > 1e-3)
    }
    expectAdviceIsFollowed(["normalization before", "tanh instead of sigmoid"], in: report)
    #expect(report.figures.map(\.name) == names(.sigmoidSaturation, "", "-speed", "-training"))
  }

  @Test func `about dead units counts them over the complete training set, and none is revived`()
    throws
  {
    var lesson = DeadReLU(seed: 3)
    (lesson.firstSteps, lesson.furtherSteps) = (25, 25)
    (lesson.sweepRates, lesson.sweepSteps, lesson.sweepSeeds) = ([0.01, 1], 25, 2)
    let report = try lesson.run()
    let finding = try #require(report.findings.first)
    #expect(report.findings.count == 1)
    #expect(finding.kind == .deadUnits && finding.severity == .failure)
    #expect(finding.layer == "0" && finding.measured >= 0.4)
    let (failure, cure) = (report.failure.measures, report.cure.measures)
    #expect(failure["dead_share"] == finding.measured)
    #expect(failure["revived_units"] == 0)
    #expect(failure["examples"] == 1438)
    #expect(failure["rate_of_40_percent_dead"] == 1)
    #expect(try #require(failure["dead_share_before"]) < 0.1)
    #expect(try #require(cure["small_rate_dead_share"]) < 0.2)
    #expect(try #require(cure["redrawn_dead_share"]) < 0.2)
    expectAdviceIsFollowed(["smaller learning rate", "leaky relu", "initialize"], in: report)
    #expect(report.figures.map(\.name) == names(.deadReLU, "", "-rates"))
  }

  @Test func `about recurrences measures the power of the eigenvalue`() throws {
    var lesson = ExplodingRNN(seed: 3)
    lesson.steps = 2
    let report = try lesson.run()
    #expect(
      report.findings.contains { $0.kind == .vanishingGradient && $0.layer == "rnn(0.9).l0" })
    #expect(report.has(.explodingGradient, .warning, at: "rnn(1.1).l0"))
    // Nothing about rnn(1) and the LSTM.
    #expect(Set(report.findings.map(\.layer)) == ["rnn(0.9).l0", "rnn(1.1).l0"])
    for claim in report.claims where !claim.statement.contains("correctly") {
      #expect(claim.holds, "\(claim)")
    }
    let (failure, cure) = (report.failure.measures, report.cure.measures)
    for radius in ["0.9", "1", "1.1"] {
      #expect(try #require(failure["error_of_prediction_\(radius)"]) < 1e-6)
    }
    #expect(try abs(#require(failure["factor_per_step_1.1"]) - 1.1) < 1e-9)
    #expect(try #require(cure["norm_before_clipping"]) > 1000)
    #expect(try abs(#require(cure["norm_after_clipping"]) - 1) < 1e-9)
    #expect(try abs(#require(cure["cosine"]) - 1) < 1e-9)
    #expect(try #require(cure["lstm_gradient_left"]) > 1e-3)
    for nonlinearity in ["relu", "tanh"] {
      #expect(try #require(failure["\(nonlinearity)_gradient_left_0.9"]) < 1e-4)
      #expect(try #require(failure["\(nonlinearity)_gradient_left_3"]) > 1e3)
    }
    expectAdviceIsFollowed(["gated cell", "lstm", "by the global norm"], in: report)
    #expect(report.figures.map(\.name) == names(.explodingRNN, "", "-training"))
  }

  @Test func `about recurrences reports the overflow of the training, with advice that it follows`()
    throws
  {
    var lesson = ExplodingRNN(seed: 3)
    (lesson.steps, lesson.stepsBack) = (30, 10)
    let report = try lesson.run()
    #expect(report.findings.contains { $0.kind == .nonFinite && $0.severity == .failure })
    expectAdviceIsFollowed(["gated cell", "lstm", "by the global norm"], in: report)
    // The arrows to the overflow: in both panels of the first steps.
    let picture = try #require(report.figures.last).svg
    #expect(picture.contains("arrow: overflow<"))
    #expect(picture.matches(of: /<polygon/).count == 2)
  }

  @Test func `about clipped errors reports the fraction with zero gradient`() throws {
    var lesson = ClippedError(seed: 3)
    lesson.seedCount = 2
    lesson.settings.episodes = 6
    lesson.settings.hiddenSize = 8
    lesson.settings.batchSize = 8
    lesson.settings.stepsBeforeLearning = 20
    lesson.settings.errorLimit = 0.5
    let report = try lesson.run()
    #expect(report.findings.allSatisfy { $0.kind == .blockedGradient && $0.severity == .failure })
    // Of the batches of each agent with the error and of the audit of its loss, and of no other
    // agent.
    #expect(report.findings.count == 3)
    #expect(report.findings.allSatisfy { $0.layer == "error clipped, then squared" })
    #expect(report.findings[2].statement.contains("-50, -5, -1, 1, 5, 50"))
    #expect(report.runs.map(\.seed) == [3, 4, 3, 4, 3, 4])
    for run in report.runs {
      #expect((run.silencedShare > 0) == (run.variant == "inside_square"))
      #expect(run.episodesTo195 == nil)
    }
    expectAdviceIsFollowed(["huber"], in: report)
    #expect(report.figures.map(\.name) == names(.clippedError, "", "-training"))
  }

  @Test func `about batch normalization has one correct and one incorrect backward pass`() throws {
    var lesson = BatchNormGraph(seed: 3)
    lesson.steps = 60
    let report = try lesson.run()
    #expect(report.has(.wrongGradient, .failure, at: "ConstantStatisticsNorm"))
    let (failure, cure) = (report.failure.measures, report.cure.measures)
    #expect(try #require(cure["staged_against_fused"]) < 1e-13)
    #expect(try #require(cure["relative_error"]) < 1e-7)
    #expect(try #require(failure["relative_error"]) > 0.1)
    #expect(try #require(cure["bias_norm"]) < 1e-4)
    #expect(try #require(failure["bias_norm"]) > 0.5)
    #expect(report.claims.allSatisfy { $0.holds })
    expectAdviceIsFollowed(["two uses"], in: report)
  }

  @Test func `is the same for the same seed, and different for another`() throws {
    func run(_ seed: UInt64) throws -> LessonReport {
      var lesson = ExplodingRNN(seed: seed)
      (lesson.steps, lesson.stepsBack) = (2, 10)
      return try lesson.run()
    }
    let (one, again, other) = (try run(1), try run(1), try run(2))
    #expect("\(one)" == "\(again)" && one.figures == again.figures)
    #expect(one.failure == again.failure && one.cure == again.cure)
    #expect(one.failure != other.failure)
  }

  @Test func `reports the most severe finding of each kind and counts the others`() throws {
    var lesson = SigmoidSaturation(seed: 1)
    (lesson.depth, lesson.steps, lesson.plainSteps) = (3, 1, 1)
    let text = "\(try lesson.run())"
    #expect(text.hasPrefix("sigmoid-saturation: saturated sigmoids pass almost no gradient\n"))
    #expect(text.contains("and 5 more of this kind"))
    for part in ["\non every machine\n", "\nthe failure\n", "\nthe diagnosis\n", "\nthe cure\n"] {
      #expect(text.contains(part))
    }
  }

  /// The names of figures with these additions.
  private func names(_ lesson: Lesson, _ additions: String...) -> [String] {
    additions.map { lesson.rawValue + $0 }
  }

  /// Fails unless the advice of each finding contains one of `cures`, and each of these is in the
  /// lesson's own account of its cure.
  private func expectAdviceIsFollowed(
    _ cures: [String], in report: LessonReport, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let account = report.cure.lines.joined(separator: " ").lowercased()
    for cure in cures {
      #expect(account.contains(cure), "\(cure)", sourceLocation: sourceLocation)
    }
    for finding in report.findings {
      #expect(
        cures.contains { finding.cure.lowercased().contains($0) }, "\(finding)",
        sourceLocation: sourceLocation)
    }
    #expect(!report.findings.isEmpty, sourceLocation: sourceLocation)
  }
}

extension LessonReport {
  fileprivate func has(
    _ kind: Finding.Kind, _ severity: Finding.Severity, at layer: String
  ) -> Bool {
    findings.contains { $0.kind == kind && $0.severity == severity && $0.layer == layer }
  }

  /// Whether there is a finding about a layer of a `Sequential` with this index.
  fileprivate func has(
    _ kind: Finding.Kind, _ severity: Finding.Severity, atLayer index: Int
  ) -> Bool {
    findings.contains {
      $0.kind == kind && $0.severity == severity
        && $0.layer.prefix { $0.isNumber } == String(index)
    }
  }
}
