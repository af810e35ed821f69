internal import BackflowStability

extension ChartFigure {
  /// The share of a gradient that each path within a step passes back, by the number of steps back.
  static func paths(of layer: LayerStability) -> ChartFigure? {
    guard let budget = layer.horizon?.paths else { return nil }
    let gates = layer.gates?.map { "gate \($0.name)" } ?? ["W_hh"]
    let names = ["whole step", "state, elementwise"] + gates
    // The columns of `byLag`, with a solid and a dashed line of each color for the gates.
    let styles: [(hue: LineChart.Hue, isDashed: Bool)] = [
      (.neutral, true), (.calm, false), (.accent, false), (.alarm, false), (.accent, true),
      (.alarm, true),
    ]
    let series = names.enumerated().map { column, name in
      LineChart.Series(
        name, x: budget.byLag.indices.map { Double($0 + 1) }, budget.byLag.map { $0[column] },
        hue: styles[column % styles.count].hue, isDashed: styles[column % styles.count].isDashed,
        hasDots: budget.byLag.count <= 40)
    }
    return ChartFigure(
      "\(layer.name): paths of a gradient within a step",
      notes: ["The parts may cancel, so that they do not add up to the whole."],
      panels: [
        LineChart(
          "norm of each part, as a factor", horizontal: .count("steps back, k"),
          vertical: .linear("‖part‖ / ‖δ‖"), series: series)
      ])
  }
}
