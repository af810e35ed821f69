public import BackflowHealth
public import BackflowStability

/// What was recorded of a training, as one page in HTML and as figures.
///
///     var report = TrainingReport("digits, run 3")
///     report.facts = [("model", "LSTM, 32 units"), ("optimizer", "Adam")]
///     report.loss = losses
///     report.validation = [("accuracy", accuracies)]
///     report.profiles = profiles
///     report.record(health)
///     report.stability = [("lstm", try Stability.report(of: lstm, along: x, using: &random))]
///     try save(report.html, as: "report.html")
///
/// What is empty has no place on the page. Values may be NaN or infinite: curves have gaps and
/// arrows there, and heat maps have marks.
public struct TrainingReport: Sendable {
  /// Values of a quantity over the training steps, in any order. Of values with the same step, the
  /// last counts, as of steps that a resumed training repeats.
  public typealias Curve = [(step: Int, value: Double)]

  /// The title.
  public var title: String
  /// What is known about the run: data, model, number of parameters, optimizer …
  public var facts: [(name: String, value: String)] = []

  /// The loss of the batch at each step, before the update.
  public var loss: Curve = []
  /// Quantities on the validation data, such as the accuracy. One that is called "loss" is drawn
  /// beside the loss of the training.
  public var validation: [(name: String, values: Curve)] = []
  /// The learning rate at each step.
  public var learningRate: Curve = []
  /// The norm of the gradients of all parameters together at each step, before clipping.
  public var gradientNorm: Curve = []
  /// Profiles of backward passes with their steps.
  public var profiles: [(step: Int, profile: GradientProfile)] = []

  /// The steps at which findings were present.
  public var history: HealthHistory?
  /// The loss as the monitor knows it, drawn above the findings.
  public var losses: LossHistory?
  /// The findings, which the page groups by their cause.
  public var findings: [Finding] = []
  /// What the monitor concludes beside the findings, in words: its `conclusion`.
  public var conclusion = ""

  /// Reports of recurrent networks with their names.
  public var stability: [(name: String, report: StabilityReport)] = []

  /// Creates a report without any records.
  public init(_ title: String) { self.title = title }

  /// Takes over what a monitor has found.
  public mutating func record<Scalar>(_ health: HealthMonitor<Scalar>) {
    (history, losses) = (health.history, health.losses)
    (findings, conclusion) = (health.findings, health.conclusion)
  }

  /// The page, see `ReportPage`.
  ///
  /// - Complexity: That of `documents`.
  public var html: String { documents.html }

  /// The figures as SVG documents, with the names of files: "loss.svg".
  ///
  /// - Complexity: That of `documents`.
  public var figures: [(name: String, svg: String)] { documents.figures }

  /// The page and the figures, for which everything is drawn once.
  ///
  /// - Complexity: That of `StabilityFigures` for each report of stability, and linear in the
  ///   records.
  public var documents: (html: String, figures: [(name: String, svg: String)]) {
    let parts = self.parts
    var page = ReportPage(title)
    page.facts = facts
    page.sections = parts.map(\.section)
    return (page.html, parts.flatMap(\.files))
  }

  /// A section of the page, with the files of its figures.
  struct Part {
    var section: ReportPage.Section
    var files: [(name: String, svg: String)] = []
  }

  private var parts: [Part] {
    [lossPart, updatePart, findingsPart, layerPart, timePart, saturationPart].compactMap(\.self)
      + stabilityParts
  }
}

extension TrainingReport.Part {
  init(_ heading: String) { section = ReportPage.Section(heading) }

  /// Adds charts, one beside the other on the page.
  mutating func add(
    _ name: String, _ figure: ChartFigure, title: String = "", caption: String,
    plot: (width: Double, height: Double) = (400, 290)
  ) {
    let caption = ([caption] + figure.notes).joined(separator: " ")
    section.figures.append(
      ReportPage.Figure(figure.panelDrawings(plot: plot), title: title, caption: caption))
    files.append((name, figure.svg))
  }

  /// A part of heat maps, one beside the other on the page, with the names of their files; `nil`
  /// without any.
  init?(_ heading: String, maps: [(name: String, map: HeatMap?)], caption: String) {
    files = maps.compactMap { name, map in map.map { (name, $0.svg) } }
    guard !files.isEmpty else { return nil }
    section = ReportPage.Section(
      heading, figures: [ReportPage.Figure(files.map(\.svg), caption: caption)])
  }
}
