public import BackflowStability
internal import ComplexModule
internal import RealModule

/// A drawing of a stability report: the eigenvalues with the unit circle, and the norm of the
/// backward signal at each step.
public struct StabilityFigure: Sendable {
  private let report: StabilityReport
  private let title: String

  /// Creates a figure of `report` with a title.
  public init(_ report: StabilityReport, title: String) {
    self.report = report
    self.title = title
  }

  /// The figure as an SVG document.
  public var svg: String {
    var svg = SVG(width: 900, height: 480)
    svg.text(30, 34, title, size: 17, bold: true)
    svg.text(30, 56, summary, size: 12.5)
    drawEigenvalues(in: &svg, left: 70, top: 84, size: 340)
    drawBackwardSignal(in: &svg, left: 530, top: 84, width: 340, height: 340)
    return svg.document
  }

  private var summary: String {
    let spectrum = report.spectrum
    return "\(spectrum.verdict.rawValue)"
      + " · spectral radius \(short(spectrum.spectralRadius))"
      + " · largest singular value \(short(spectrum.largestSingularValue))"
      + " · backward signal × \(short(report.backwardSignal.factorPerStep)) per step"
      + ", largest after \(report.backwardSignal.peak.step)"
  }

  // MARK: - Eigenvalues

  private func drawEigenvalues(in svg: inout SVG, left: Double, top: Double, size: Double) {
    // γλ is what matters, so that a slope bound of γ turns the unit circle into one of radius 1/γ.
    let critical = 1 / report.spectrum.slopeBound
    let extent = 1.12 * Double.maximum(critical, report.spectrum.spectralRadius)
    let x = Axis(values: -extent...extent, start: left, end: left + size)
    let y = Axis(values: -extent...extent, start: top + size, end: top)
    frame(&svg, x, y, horizontal: "real part of λ", vertical: "imaginary part of λ")
    svg.line(x.position(0), y.start, x.position(0), y.end, .init(color: Palette.faint))
    svg.line(x.start, y.position(0), x.end, y.position(0), .init(color: Palette.faint))

    let unit = x.position(1) - x.position(0)
    svg.circle(
      x.position(0), y.position(0), radius: unit, .init(color: Palette.ink, width: 1.5))
    if critical != 1 {
      svg.circle(
        x.position(0), y.position(0), radius: critical * unit,
        .init(color: Palette.ink, isDashed: true))
      svg.text(
        x.position(0) + 4, y.position(critical) - 4, "1/γ = \(short(critical))", size: 11)
    }
    for (index, eigenvalue) in report.spectrum.eigenvalues.enumerated() {
      svg.dot(
        x.position(eigenvalue.real), y.position(eigenvalue.imaginary), radius: 3.5,
        color: report.spectrum.isGrowing(index) ? Palette.alarm : Palette.calm,
        title: "λ = \(short(eigenvalue.real)) \(eigenvalue.imaginary < 0 ? "−" : "+")"
          + " \(short(abs(eigenvalue.imaginary)))i, |λ| = \(short(eigenvalue.length))")
    }
    svg.text(
      x.end, y.end - 8,
      "\(report.spectrum.eigenvalues.count) eigenvalues,"
        + " \(report.spectrum.growingCount) outside the "
        + (critical == 1 ? "unit circle" : "circle of radius 1/γ"),
      size: 11.5, anchor: .end)
  }

  // MARK: - Backward signal

  private func drawBackwardSignal(
    in svg: inout SVG, left: Double, top: Double, width: Double, height: Double
  ) {
    // A logarithmic axis cannot show a signal of exactly zero, so that the curve ends before it.
    let decades = report.backwardSignal.logNorms.prefix { $0.isFinite }.map {
      $0 / Double.log(10)
    }
    let steps = Double(max(1, report.backwardSignal.logNorms.count - 1))
    let lowest = (decades.min() ?? 0) - 0.05
    let highest = (decades.max() ?? 0) + 0.05
    let x = Axis(values: 0...steps, start: left, end: left + width)
    let y = Axis(values: lowest...highest, start: top + height, end: top)
    frame(
      &svg, x, y, horizontal: "steps back in time", vertical: "norm of the backward signal",
      wholeHorizontal: true, powersOfTen: true)
    if (lowest...highest).contains(0) {
      svg.line(
        x.start, y.position(0), x.end, y.position(0),
        .init(color: Palette.ink, width: 1, isDashed: true))
    }
    if decades.count < report.backwardSignal.logNorms.count {
      svg.text(
        x.position(Double(decades.count - 1)) + 6, y.end + 14,
        "exactly 0 from step \(decades.count)", size: 11)
    }
    let color =
      report.backwardSignal.factorPerStep
        > 1 + report.spectrum.slopeBound * report.spectrum.margin
      ? Palette.alarm : Palette.calm
    let points = decades.enumerated().map {
      (x: x.position(Double($0.offset)), y: y.position($0.element))
    }
    svg.polyline(points, .init(color: color, width: 2))
    if points.count <= 40 {
      for (step, point) in points.enumerated() {
        svg.dot(
          point.x, point.y, radius: 3, color: color,
          title: "\(step) steps back: \(short(report.backwardSignal.norms[step]))")
      }
    }
  }

  // MARK: - Frame

  private func frame(
    _ svg: inout SVG, _ x: Axis, _ y: Axis, horizontal: String, vertical: String,
    wholeHorizontal: Bool = false, powersOfTen: Bool = false
  ) {
    for tick in x.ticks(about: 6) where !wholeHorizontal || tick == tick.rounded() {
      svg.line(x.position(tick), y.start, x.position(tick), y.end, .init(color: Palette.grid))
      svg.text(x.position(tick), y.start + 17, short(tick), size: 11, anchor: .middle)
    }
    let verticalTicks =
      powersOfTen ? y.logarithmicTicks : y.ticks(about: 6).map { (value: $0, label: short($0)) }
    for tick in verticalTicks {
      let height = y.position(tick.value)
      svg.line(x.start, height, x.end, height, .init(color: Palette.grid))
      svg.text(x.start - 7, height + 4, tick.label, size: 11, anchor: .end)
    }
    let border = SVG.Stroke(color: Palette.faint)
    svg.line(x.start, y.start, x.end, y.start, border)
    svg.line(x.start, y.start, x.start, y.end, border)
    svg.text((x.start + x.end) / 2, y.start + 38, horizontal, size: 12, anchor: .middle)
    svg.text(
      x.start - 52, (y.start + y.end) / 2, vertical, size: 12, anchor: .middle, turned: true)
  }
}
