import Backflow
import Testing

@Suite struct `A report of a training` {
  /// The profile of a small network with a recurrent layer.
  private func profile(scale: Double = 1) -> GradientProfile {
    var random = RandomSource(seed: 5)
    let network = Sequential<Double> {
      LSTM(inputSize: 1, hiddenSize: 2, using: &random)
      LastStep()
      Dense(inputSize: 2, outputSize: 1, using: &random)
    }
    let (output, cache) = network.forward(random.normal([4, 3, 1]))
    let (_, gradients, trace) = network.tracedBackward(.ones(output.shape) * scale, cache)
    return GradientProfile(trace, gradients: gradients)
  }

  /// A report with everything, after two steps of a failing training.
  private func report() throws -> TrainingReport {
    var report = TrainingReport("run <1>")
    report.facts = [("data", "a & b")]
    report.loss = [(0, 2.5), (1, .nan), (2, .infinity), (3, 2)]
    report.validation = [("loss", [(1, 2)]), ("accuracy", [(1, 0.5), (3, 0.75)]), ("none", [])]
    report.learningRate = [(0, 0.1)]
    report.gradientNorm = [(0, 3), (1, .nan)]
    report.profiles = [
      (20, profile(scale: .nan)), (0, profile()), (10, profile(scale: 0)), (0, profile(scale: 2)),
    ]
    var health = HealthMonitor<Double>()
    for step in 0..<2 {
      health.observe(step, loss: step == 1 ? .nan : 1) {
        $0.recordActivation("fc", .tanh, output: .ones([4, 8]))
      }
    }
    report.record(health)
    var random = RandomSource(seed: 6)
    let rnn = RNN<Double>(inputSize: 1, hiddenSize: 2, using: &random)
    let x: Tensor<Double> = random.normal([12, 2, 1])
    let stability = try Stability.report(of: rnn, along: x, using: &random)
    report.stability = [("one/two", stability), ("one:two", stability)]
    return report
  }

  @Test func `shows everything on a page, and each figure in a file`() throws {
    let report = try report()
    let (html, figures) = report.documents
    let names = try elements(html)
    #expect(names.count { $0 == "h2" } == 8)
    #expect(names.count { $0 == "figcaption" } == names.count { $0 == "figure" })
    #expect(
      figures.map(\.name).prefix(7) == [
        "loss.svg", "updates.svg", "findings.svg", "gradient-output.svg",
        "gradient-parameters.svg", "gradient-time-0.l0_LSTMCell.svg", "saturation.svg",
      ])
    #expect(figures.map(\.name).contains("1-one_two-weight_hh_l0-spectrum.svg"))
    #expect(Set(figures.map(\.name)).count == figures.count)
    for (name, svg) in figures {
      #expect(try elements(svg).first == "svg", "\(name)")
      #expect(!svg.contains("=\"nan") && !svg.contains("=\"inf"), "\(name)")
    }
    #expect(html == report.html && report.figures.map(\.svg) == figures.map(\.svg))
    for text in [
      "run &lt;1&gt;", "a &amp; b", "Failure in the loss", "undecided",
      "<h3>weight_hh_l0: eigenvalues and pseudospectra</h3>",
    ] {
      #expect(html.contains(text), "\(text)")
    }
    #expect(!html.contains("none on validation"))
  }

  @Test func `marks values that are not finite`() throws {
    let figures = Dictionary(uniqueKeysWithValues: try report().figures.map { ($0.name, $0.svg) })
    let loss = try #require(figures["loss.svg"])
    #expect(loss.contains("training: not finite from step 1"))
    let time = try #require(figures["gradient-time-0.l0_LSTMCell.svg"])
    #expect(time.contains("not a number (NaN)") && time.contains("step 10: 0<"))
    let saturation = try #require(figures["saturation.svg"])
    #expect(saturation.contains("0.l0 LSTMCell forget, training step 0: 0<"))
  }

  @Test func `counts the last value of a step, in the order of the steps`() throws {
    var report = TrainingReport("run")
    report.profiles = [(5, profile(scale: 8)), (0, profile()), (5, profile(scale: 2))]
    report.validation = [("accuracy", [(1009, 0.9), (0, 0.25), (1009, 0.5)])]
    let (_, figures) = report.documents
    let titles = figures[0].svg.matches(of: /<title>step ([0-9]*): ([0-9.]*)<\/title>/)
    #expect(titles.map { $0.2 } == ["0.25", "0.5"] && titles.map { $0.1 } == ["0", "1009"])
    let cells = figures[1].svg.matches(of: /2 Dense, training step ([05]): ([0-9.]*)/)
    // ‖ȳ‖ = √3 and 2√3
    #expect(cells.map { "\($0.1) \($0.2)" } == ["0 1.73", "5 3.46"])
  }

  @Test func `draws the means and the range of many values`() throws {
    var report = TrainingReport("run")
    report.loss = (0..<1000).map { ($0, $0.isMultiple(of: 2) ? 1 : 3) }
    let svg = try #require(report.figures.first?.svg)
    let points = try #require(svg.firstMatch(of: /<polyline points="([^"]*)"/)).1.split(
      separator: " ")
    #expect(points.count == 250)
    // Each block of four has the mean 2.
    #expect(Set(points.map { $0.split(separator: ",")[1] }).count == 1)
    #expect(svg.contains("<polygon"))
  }

  @Test func `has room for any steps and values`() throws {
    var report = TrainingReport("run")
    let steps = [Int.min, -1, 0, 1 << 53 - 1, 1 << 53, Int.max]
    let largest = Double.greatestFiniteMagnitude
    report.loss = steps.map { ($0, largest) } + [(7, -largest), (8, .leastNonzeroMagnitude)]
    report.learningRate = report.loss
    report.profiles = steps.map { ($0, profile(scale: largest)) }
    for (name, svg) in report.figures {
      _ = try elements(svg)
      #expect(!svg.contains("=\"nan") && !svg.contains("=\"inf"), "\(name)")
    }
    report = TrainingReport("run")
    report.profiles = [(1 << 53 - 1, profile())]
    #expect(report.figures.count == 4)
  }

  @Test func `without records has a title only`() throws {
    let (html, figures) = TrainingReport("run").documents
    #expect(figures.isEmpty)
    #expect(try elements(html).last == "h1")
    var empty = TrainingReport("run")
    empty.validation = [("accuracy", [])]
    empty.stability = [("none", StabilityReport(layers: []))]
    empty.history = HealthMonitor<Float>().history
    #expect(empty.html == html)
  }

  @Test func `has what a monitor says without findings`() throws {
    var health = HealthMonitor<Double>()
    health.observe(0, loss: 1) { $0.recordActivation("fc", .tanh, output: .zeros([4, 8])) }
    var report = TrainingReport("run")
    report.record(health)
    #expect(report.html.contains("no findings in 1 observation"))
    // The time line has nothing to show.
    #expect(report.figures.isEmpty)
  }
}
