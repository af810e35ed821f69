internal import BackflowStability
internal import RealModule

extension ChartFigure {
  /// The norm of a gradient after each number of steps back.
  static func horizon(of layer: LayerStability) -> ChartFigure? {
    guard let horizon = layer.horizon else { return nil }
    let rate = layer.trajectory?.largest ?? -.infinity
    let decades = horizon.logNorms.map { $0 / Double.log(10) }
    var measured = LineChart.Series(
      "measured" + (decades.contains(-.infinity) ? "; arrow: exactly 0" : ""), decades,
      hue: rate > 0 ? .alarm : .calm
    ).thinned(to: 1000).withFirstArrow
    measured.hasDots = decades.count <= 40
    let factor = Double.log10(horizon.factor)
    var marks = [LineChart.Mark(at: factor, "factor \(short(horizon.factor))")]
    if let steps = horizon.steps {
      marks.append(
        .init(
          at: Double(steps), "reached after \(steps) step\(steps == 1 ? "" : "s")",
          isVertical: true))
    }
    let prediction = LineChart.Series.geometric(
      rate == -.infinity ? "" : "exp(λ₁k), λ₁ = \(short(rate))", logFactor: rate,
      steps: decades.count - 1, within: decades + [factor])
    return ChartFigure(
      "\(layer.name): how far a gradient reaches back",
      panels: [
        LineChart(
          "norm of a gradient (root mean square), as a factor", horizontal: .count("steps back, k"),
          vertical: .exponents("‖δ at t − k‖ / ‖δ at t‖"), series: [prediction, measured],
          marks: marks)
      ])
  }

  /// The norms of the powers of the matrices of a layer.
  static func powers(of layer: LayerStability) -> ChartFigure? {
    let blocks = layer.matrices
    guard !blocks.isEmpty else { return nil }
    return ChartFigure(
      "\(layer.name): powers of the matrices",
      notes: ["The largest norm is at least K and at most e·n·K, with the Kreiss constant K."],
      panels: blocks.map { .powers(of: $0) })
  }
}

extension LineChart {
  fileprivate static func powers(of block: AnalyzedBlock) -> LineChart {
    let (growth, kreiss) = (block.analysis.growth, block.analysis.kreiss)
    let order = Double(block.analysis.spectrum.eigenvalues.count)
    let decades = growth.logNorms.map { $0 / Double.log(10) }
    var measured = Series(
      "‖Aᵏ‖" + (decades.contains(-.infinity) ? "; arrow: exactly 0" : ""), decades,
      hue: block.analysis.spectrum.spectralRadiusBounds.lowerBound > 1 ? .alarm : .calm
    ).withFirstArrow
    measured.hasDots = decades.count <= 40
    var marks: [Mark] = []
    if kreiss.lower.isFinite {
      marks.append(Mark(at: Double.log10(kreiss.lower), "K ≥ \(short(kreiss.lower))"))
    }
    if kreiss.upper.isFinite {
      let bound = Double.exp(1) * order * kreiss.upper
      marks.append(Mark(at: Double.log10(bound), "e·n·K ≤ \(short(bound))"))
    }
    let radius = Double.exp(growth.logSpectralRadius)
    let power = Series.geometric(
      radius == 0 ? "" : "ρᵏ, ρ = \(short(radius))", logFactor: growth.logSpectralRadius,
      steps: decades.count - 1, within: decades + marks.map(\.value))
    return LineChart(
      block.title + (radius == 0 ? ": ρ = 0" : "") + (kreiss.lower == .infinity ? ", K = ∞" : ""),
      horizontal: .count("power k"), vertical: .exponents("‖Aᵏ‖₂"), series: [power, measured],
      marks: marks)
  }
}

extension LineChart.Series {
  /// The dashed line of the decimal logarithms of exp(logFactor·k), as far as it stays in the range
  /// of `values`.
  fileprivate static func geometric(
    _ name: String, logFactor: Double, steps: Int, within values: [Double]
  ) -> LineChart.Series {
    let slope = logFactor / Double.log(10)
    let finite = values.filter(\.isFinite)
    let (low, high) = ((finite.min() ?? 0) - 0.5, (finite.max() ?? 0) + 0.5)
    let limit = slope > 0 ? high / slope : slope < 0 ? low / slope : .infinity
    let end = min(Double(steps), limit)
    return LineChart.Series(
      name, x: slope.isFinite ? [0, end] : [], [0, end * slope], hue: .neutral, isDashed: true)
  }

  /// The curve up to its first value of −∞, which has an arrow.
  fileprivate var withFirstArrow: LineChart.Series {
    var series = self
    if let first = y.firstIndex(of: -.infinity) {
      (series.x, series.y) = (Array(x[...first]), Array(y[...first]))
    }
    series.hasArrows = true
    return series
  }

  /// Every n-th point, so that at most about `limit` remain.
  fileprivate func thinned(to limit: Int) -> LineChart.Series {
    var series = self
    let step = max(1, y.count / limit)
    let kept = y.indices.filter { $0 % step == 0 || $0 == y.count - 1 || y[$0] == -.infinity }
    (series.x, series.y) = (kept.map { x[$0] }, kept.map { y[$0] })
    return series
  }
}
