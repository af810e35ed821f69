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
    lesson.steps = 4
    let report = try lesson.run()
    for layer in 0..<lesson.depth {
      #expect(report.has(.saturation, .failure, at: "\(2 * layer + 1) Sigmoid"))
    }
    #expect(report.has(.vanishingGradient, .failure, at: "0 Dense"))
    let (failure, cure) = (report.failure.measures, report.cure.measures)
    let quarter = 0.25 + 1e-6  // single precision
    #expect(try #require(failure["largest_sigmoid_factor"]) < 0.1)
    #expect(try #require(failure["small_weights_largest_sigmoid_factor"]) <= quarter)
    #expect(try #require(failure["gradient_at_bottom"]) < 1e-3)
    #expect(try #require(failure["small_weights_gradient_at_bottom"]) < 1e-3)
    for key in ["scaled_gradient_at_bottom", "normalized_gradient_at_bottom"] {
      #expect(try #require(cure[key]) > 1e-3)
    }
  }

  @Test func `about dead units counts them over the complete training set, and none is revived`()
    throws
  {
    var lesson = DeadReLU(seed: 3)
    (lesson.firstSteps, lesson.furtherSteps) = (25, 25)
    let report = try lesson.run()
    let finding = try #require(report.findings.first)
    #expect(report.findings.count == 1)
    #expect(finding.kind == .deadUnits && finding.severity == .failure)
    #expect(finding.layer == "0 Dense" && finding.measured >= 0.4)
    let (failure, cure) = (report.failure.measures, report.cure.measures)
    #expect(failure["dead_share"] == finding.measured)
    #expect(failure["revived_units"] == 0)
    #expect(failure["examples"] == 1438)
    #expect(try #require(failure["dead_share_before"]) < 0.1)
    #expect(try #require(cure["small_rate_dead_share"]) < 0.2)
  }

  @Test func `about recurrences measures the power of the eigenvalue`() throws {
    var lesson = ExplodingRNN(seed: 3)
    lesson.steps = 2
    let report = try lesson.run()
    #expect(report.has(.vanishingGradient, .note, at: "rnn(0.9).l0"))
    #expect(report.has(.explodingGradient, .warning, at: "rnn(1.1).l0"))
    // Of the free recurrences, nothing about rnn(1) and the LSTM; of the training, its start.
    #expect(
      Set(report.findings.map(\.layer)) == ["rnn(0.9).l0", "rnn(1.1).l0", "the loss"])
    #expect(report.has(.poorInitialization, .warning, at: "the loss"))
    let (failure, cure) = (report.failure.measures, report.cure.measures)
    for radius in ["0.9", "1", "1.1"] {
      #expect(try #require(failure["error_of_prediction_\(radius)"]) < 1e-6)
    }
    #expect(try abs(#require(failure["factor_per_step_1.1"]) - 1.1) < 1e-9)
    #expect(try #require(cure["norm_before_clipping"]) > 1000)
    #expect(try abs(#require(cure["norm_after_clipping"]) - 1) < 1e-9)
    #expect(try abs(#require(cure["cosine"]) - 1) < 1e-9)
    #expect(try #require(cure["lstm_gradient_left"]) > 1e-3)
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
  }

  @Test func `is the same for the same seed, and different for another`() throws {
    func run(_ seed: UInt64) throws -> LessonReport {
      var lesson = ExplodingRNN(seed: seed)
      (lesson.steps, lesson.stepsBack) = (2, 10)
      return try lesson.run()
    }
    let (one, again, other) = (try run(1), try run(1), try run(2))
    #expect("\(one)" == "\(again)" && one.figure == again.figure)
    #expect(one.failure == again.failure && one.cure == again.cure)
    #expect(one.failure != other.failure)
  }

  @Test func `reports the most severe finding of each kind and counts the others`() throws {
    var lesson = SigmoidSaturation(seed: 1)
    (lesson.depth, lesson.steps) = (3, 1)
    let text = "\(try lesson.run())"
    #expect(text.hasPrefix("sigmoid-saturation: saturated sigmoids pass almost no gradient\n"))
    #expect(text.contains("and 2 more of this kind"))
    for part in ["\nthe failure\n", "\nthe diagnosis\n", "\nthe cure\n"] {
      #expect(text.contains(part))
    }
  }
}

extension LessonReport {
  fileprivate func has(
    _ kind: Finding.Kind, _ severity: Finding.Severity, at layer: String
  ) -> Bool {
    findings.contains { $0.kind == kind && $0.severity == severity && $0.layer == layer }
  }
}
