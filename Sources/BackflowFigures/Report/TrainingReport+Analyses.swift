internal import BackflowHealth
internal import BackflowStability

extension TrainingReport {
  /// The findings of the monitor, on the time line and in words.
  var findingsPart: Part? {
    var part = Part("Findings")
    part.section.text = conclusion
    part.section.diagnoses = Diagnosis.grouping(
      findings, from: history?.steps?.lowerBound ?? 0)
    if let history, !history.rows.isEmpty {
      let figure = TimelineFigure(history, losses: losses)
      part.section.figures.append(
        ReportPage.Figure(
          [figure.svg], narrow: figure.narrowDrawing,
          caption: "A bar covers the steps at which a finding was present, and its color is the"
            + " severity; below the loss, what begins before the loss rises may be its cause."))
      part.files.append(("findings.svg", figure.svg))
    }
    return findings.isEmpty && conclusion.isEmpty && part.files.isEmpty ? nil : part
  }

  /// The figures and the text of each report of stability.
  var stabilityParts: [Part] {
    zip(stability, fileNames(of: stability.map(\.name))).compactMap { analyzed, file in
      guard !analyzed.report.layers.isEmpty else { return nil }
      var part = Part("Stability of \(analyzed.name)")
      do {
        for (kind, name, figure) in try StabilityFigures(report: analyzed.report).drawn {
          let size = ChartFigure.plotSize(ofOneOf: figure.panels.count)
          part.add(
            "\(file)-\(name)", figure, title: figure.title, caption: kind.caption,
            plot: kind == .spectrum ? size : (400, 290))
        }
      } catch {
        part.section.text = "The figures could not be drawn: \(error)"
      }
      part.section.plainTexts.append(analyzed.report.description)
      return part
    }
  }
}

extension StabilityFigures.Kind {
  /// How to read the figure.
  fileprivate var caption: String {
    switch self {
    case .spectrum:
      "Each dot is an eigenvalue of a recurrent matrix. Alone, it would let directions whose"
        + " eigenvalue is outside the unit circle grow at each step; in the network, gates and"
        + " saturated units pass on less, and the exponents say what becomes of a gradient."
    case .powers:
      "The norm of the powers of each matrix; a curve that rises before it falls belongs to a matrix"
        + " that lets a signal grow for some steps, although no eigenvalue is outside the circle."
    case .exponents:
      "The mean growth of small disturbances at each step, with standard errors; above zero,"
        + " gradients explode over many steps, and far below zero, they vanish after a few."
    case .horizon:
      "What is left of a gradient after a number of steps back; the network hardly learns from"
        + " inputs that are farther back than the point where the curve falls below the dotted line."
    case .paths:
      "The share of a gradient that each path through a step of the cell passes on to the step"
        + " before; the largest one decides how far back the cell can learn."
    }
  }
}
